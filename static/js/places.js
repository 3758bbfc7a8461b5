import { byId, isPlain, load, say } from "./page.js";
import { openPanel } from "./panel.js";

let moving = null;

export const isMoving = () => Boolean(moving);

const stop = () => {
	byId("pp-hint")?.remove();
	document.body.classList.remove("moving");
	openPanel();
	const { id } = moving;
	moving = null;
	const left = [`pp-reattach-${id}`, `pp-reply-${id}`, "threads"];
	left.map(byId).find(Boolean)?.focus();
};

const attach = async (place) => {
	const { id } = moving;
	const source = byId(`pp-decide-${id}`);
	if (!source) return stop();
	const { version } = byId("pp-doc").dataset;
	await window.htmx.ajax("POST", source.action, {
		source,
		target: `#t${id}`,
		swap: "outerMorph",
		values: { v: version, ...place, decision: "reattach", shown: version },
	});
	stop();
};

// An address has no room for a long quote.
const fits = ({ quote, prefix, suffix, ...place }) => {
	const short = encodeURIComponent(quote ?? "").length < 1500;
	return short && quote ? { ...place, quote, prefix, suffix } : place;
};

export const compose = (place) => {
	if (moving) return attach(place);
	return load("threads/new", fits(place), byId("composer"));
};

const begin = (link) => {
	const card = link.closest(".thread");
	if (moving) stop();
	moving = { id: link.dataset.reattach };
	const panel = byId("comments");
	if (panel.matches(":popover-open")) panel.hidePopover();
	const hint = byId("pp-moving").content.cloneNode(true).firstElementChild;
	document.body.append(hint);
	document.body.classList.add("moving");
	hint.querySelector("button").addEventListener("click", stop);
	say(hint.querySelector("p").textContent);
	const section = byId(`s-${card.dataset.section}`) ?? byId("pp-doc");
	section.querySelector("a.pin.add")?.focus();
};

document.addEventListener(
	"click",
	(event) => {
		const link = event.target.closest?.("a[data-reattach]");
		const plus = event.target.closest?.("#pp-doc a.pin.add");
		if ((!link && !plus) || !isPlain(event)) return;
		event.preventDefault();
		event.stopImmediatePropagation();
		if (link) begin(link);
		else compose({ anchor: plus.closest("[data-anchor]").dataset.anchor });
	},
	true,
);
document.addEventListener("keydown", (event) => {
	if (event.key !== "Escape" || !moving) return;
	event.preventDefault(); // keeps the sheet open
	stop();
});
