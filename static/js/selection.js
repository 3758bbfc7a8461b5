import { byId, say } from "./page.js";
import { compose, isMoving } from "./places.js";
import { choose, placeOf } from "./spans.js";
import { rangeIn, wordsOf } from "./text.js";

let chosen = null;
let refused = null;
let timer = 0;
let [pressed, byMouse] = [false, false];

export const commentOnSelection = () => {
	look();
	if (!chosen) return false;
	const { place } = chosen;
	hide();
	compose(place);
	return true;
};

const hide = () => {
	offered.remove();
	chosen = null;
};

const offered = Object.assign(document.createElement("div"), { id: "pp-say" });
const button = Object.assign(document.createElement("button"), {
	id: "pp-say-button",
	type: "button",
	className: "btn",
	onclick: commentOnSelection,
	onpointerdown(event) {
		pressed = true;
		event.preventDefault(); // the selection stays
	},
});
offered.append(button);

const name = ({ block, entries, start, end, cut }) => {
	const words = wordsOf(entries.slice(start, end));
	const short = words.length > 32 ? `${words.slice(0, 32).trimEnd()}…` : words;
	const drawn = block instanceof SVGElement;
	const on = `${isMoving() ? "Put it" : "Comment"} on ${drawn ? "this part" : `“${short}”`}`;
	button.ariaLabel = on;
	button.textContent = drawn || cut ? on : isMoving() ? "Put it here" : "Comment";
};

// Below the words: above is the system's menu.
const stand = (box) => {
	const edge = offered.offsetParent.getBoundingClientRect();
	const wide = offered.offsetWidth;
	const left = Math.max(8, Math.min(box.right - wide / 2, innerWidth - wide - 8));
	const top = Math.min(box.bottom + 8, innerHeight - offered.offsetHeight - 72);
	Object.assign(offered.style, { left: `${left - edge.left}px`, top: `${top - edge.top}px` });
};

const offer = (found, range) => {
	const { block, section, entries, start, end } = found;
	name(found);
	const behind = [...section.children].find((child) => child.contains(block));
	if (behind) behind.after(offered);
	else section.append(offered);
	const own = block instanceof SVGElement ? null : rangeIn(entries, start, end);
	stand([...(own ?? range).getClientRects()].at(-1) ?? block.getBoundingClientRect());
	const key = document.body.dataset.keys === "off" ? "Tab" : "c";
	if (!byMouse && !chosen) say(`Words selected. Press ${key} to comment on them.`);
	chosen = { place: placeOf(found), text: String(range) };
};

const look = () => {
	clearTimeout(timer);
	const article = byId("pp-doc");
	const selection = getSelection();
	const range = selection.isCollapsed ? null : selection.getRangeAt(0);
	const typing = document.activeElement?.matches("input, textarea, select");
	const here = article && range && !typing && range.intersectsNode(article);
	const found = here && String(range) !== refused ? choose(range, article) : null;
	if (!here) refused = null;
	if (found) offer(found, range);
	else if (!pressed) hide();
};

// Browsers disagree where Tab goes from selected words.
const isReading = () => {
	const { activeElement: active, body } = document;
	return active === body || Boolean(active.closest("#pp-doc") && active !== button);
};

document.addEventListener("selectionchange", () => {
	clearTimeout(timer);
	timer = setTimeout(look, 200);
});
document.addEventListener("pointerdown", ({ pointerType }) => {
	byMouse = pointerType === "mouse";
});
document.addEventListener("click", () => {
	pressed = false;
});
document.addEventListener("keydown", (event) => {
	byMouse = false;
	if (!chosen) return;
	if (event.key === "Escape") {
		refused = chosen.text;
		hide();
	} else if (event.key === "Tab" && !event.shiftKey && isReading()) {
		event.preventDefault();
		button.focus();
	}
});
