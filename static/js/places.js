// A new comment begins at a chosen place, or a thread is put there.
import { openPanel } from "./panel.js";

let moving = null;

const doc = () => document.getElementById("pp-doc");

export const isMoving = () => Boolean(moving);

export const say = (words) => {
	const region = document.getElementById("announce");
	if (region) region.textContent = words;
};

const stop = () => {
	document.getElementById("pp-hint")?.remove();
	document.body.classList.remove("moving");
	openPanel();
	const { id } = moving;
	moving = null;
	const left = [`pp-reattach-${id}`, `pp-reply-${id}`, "threads"];
	left.map((name) => document.getElementById(name)).find(Boolean)?.focus();
};

const attach = async (place) => {
	const { id } = moving;
	const source = document.getElementById(`pp-decide-${id}`);
	if (!source) return stop();
	await window.htmx.ajax("POST", source.action, {
		source,
		target: `#t${id}`,
		swap: "outerMorph",
		values: { ...place, decision: "reattach", shown: doc().dataset.version },
	});
	stop();
};

// A long quote has no room in an address; its offsets do.
const fits = ({ quote, prefix, suffix, ...place }) => {
	const short = encodeURIComponent(quote ?? "").length < 1500;
	return short && quote ? { ...place, quote, prefix, suffix } : place;
};

export const compose = (place) => {
	const { plan, version: v } = doc().dataset;
	if (moving) return attach({ v, ...place });
	return window.htmx.ajax("GET", `/p/${plan}/threads/new?${new URLSearchParams(fits({ v, ...place }))}`, {
		target: "#composer",
		swap: "innerHTML",
		source: document.getElementById("composer"),
	});
};

const begin = (link) => {
	const card = link.closest(".thread");
	if (moving) stop();
	moving = { id: link.dataset.reattach };
	const panel = document.getElementById("comments");
	if (panel.matches(":popover-open")) panel.hidePopover();
	const hint = document.getElementById("pp-moving").content.cloneNode(true).firstElementChild;
	document.body.append(hint);
	document.body.classList.add("moving");
	hint.querySelector("button").addEventListener("click", stop);
	say(hint.querySelector("p").textContent);
	const section = document.getElementById(`s-${card.dataset.section}`) ?? doc();
	section.querySelector("a.pin.add")?.focus();
};

export const watchPlaces = () => {
	document.addEventListener(
		"click",
		(event) => {
			const link = event.target.closest?.("a[data-reattach]");
			const plus = moving && event.target.closest?.("#pp-doc a.pin.add");
			if ((!link && !plus) || event.ctrlKey || event.metaKey || event.shiftKey) return;
			event.preventDefault();
			event.stopImmediatePropagation();
			if (link) begin(link);
			else attach({ v: doc().dataset.version, anchor: plus.closest("[data-anchor]").dataset.anchor });
		},
		true,
	);
	document.addEventListener("keydown", (event) => {
		if (event.key !== "Escape" || !moving) return;
		event.preventDefault(); // or the sheet, open again, would close
		stop();
	});
};
