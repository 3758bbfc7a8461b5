// Selected words take a comment.
import { compose, isMoving, say } from "./places.js";
import { choose, placeOf } from "./spans.js";
import { rangeIn, wordsOf } from "./text.js";

const KEY = document.body.dataset.keys === "off" ? "Tab" : "c";
let chosen = null;
let refused = null;
let timer = 0;
let [pressed, byMouse] = [false, false];

export const commentOnSelection = () => {
	if (timer) look();
	if (!chosen) return false;
	const { place } = chosen;
	hide();
	compose(place);
	return true;
};

const hide = () => {
	document.getElementById("pp-say")?.remove();
	chosen = null;
};

const floating = () => {
	const found = document.getElementById("pp-say");
	if (found) return found;
	const made = document.createElement("div");
	made.id = "pp-say";
	const button = Object.assign(document.createElement("button"), {
		id: "pp-say-button",
		type: "button",
		className: "btn",
		onclick: commentOnSelection,
	});
	button.addEventListener("pointerdown", (event) => {
		pressed = true;
		event.preventDefault(); // keeps the selection
	});
	made.append(button);
	return made;
};

const name = (button, { block, entries, start, end, cut }) => {
	const words = wordsOf(entries.slice(start, end));
	const short = words.length > 32 ? `${words.slice(0, 32).trimEnd()}…` : words;
	const drawn = block instanceof SVGElement;
	const on = `${isMoving() ? "Put it" : "Comment"} on ${drawn ? "this part" : `“${short}”`}`;
	button.ariaLabel = on;
	button.textContent = drawn || cut ? on : isMoving() ? "Put it here" : "Comment";
};

// No menu of the system covers it below the words.
const stand = (made, box) => {
	const edge = made.offsetParent.getBoundingClientRect();
	const wide = made.offsetWidth;
	const left = Math.max(8, Math.min(box.right - wide / 2, innerWidth - wide - 8));
	const top = Math.min(box.bottom + 8, innerHeight - made.offsetHeight - 72);
	made.style.setProperty("left", `${left - edge.left}px`);
	made.style.setProperty("top", `${top - edge.top}px`);
};

const offer = (found, range) => {
	const { block, section, entries, start, end } = found;
	const made = floating();
	name(made.firstElementChild, found);
	let behind = block;
	while (behind !== section && behind.parentElement !== section) behind = behind.parentElement;
	if (behind === section) section.append(made);
	else behind.after(made);
	const own = block instanceof SVGElement ? null : rangeIn(entries, start, end);
	stand(made, [...(own ?? range).getClientRects()].at(-1) ?? block.getBoundingClientRect());
	if (!byMouse && !chosen) say(`Words selected. Press ${KEY} to comment on them.`);
	chosen = { place: placeOf(found), text: String(range) };
};

const look = () => {
	clearTimeout(timer);
	timer = 0;
	const article = document.getElementById("pp-doc");
	const selection = getSelection();
	const range = selection.rangeCount && !selection.isCollapsed ? selection.getRangeAt(0) : null;
	const typing = document.activeElement?.matches("input, textarea, select");
	const here = article && range && !typing && range.intersectsNode(article);
	const found = here && String(range) !== refused ? choose(range, article) : null;
	if (!here) refused = null;
	if (found) offer(found, range);
	else if (!pressed) hide();
};

// Browsers do not agree where Tab goes from selected words.
const isReading = () => {
	const { activeElement: active, body } = document;
	return active === body || Boolean(active.closest("#pp-doc") && active.id !== "pp-say-button");
};

export const watchSelection = () => {
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
			document.getElementById("pp-say-button").focus();
		}
	});
};
