import { drawHighlights, placeOf } from "./highlights.js";
import { byId, isPlain, load } from "./page.js";
import { syncPins } from "./pins.js";

let current = "";

export const openPanel = () => {
	const panel = byId("comments");
	if (panel && getComputedStyle(panel).display === "none") panel.showPopover();
};

const mark = (card) => {
	for (const other of document.querySelectorAll(".thread.active")) other.classList.remove("active");
	card?.classList.add("active");
	current = card?.id ?? "";
	drawHighlights();
};

export const showPlace = (card, behavior = "auto") => {
	const place = placeOf(card);
	place?.scrollIntoView({ block: "center", behavior });
	drawHighlights(card);
	return place;
};

export const showCard = (card) => {
	openPanel();
	card.closest("details:not([open])")?.setAttribute("open", "");
	mark(card);
	card.focus({ preventScroll: true });
	card.scrollIntoView({ block: "nearest" });
};

export const leaveCard = (card) => {
	const { section, place } = card.dataset;
	mark(null);
	const pin = byId(`pp-pin-${section}-${place ?? 0}`) ?? byId("threads");
	(pin.querySelector(":scope > a.drawn") ?? pin).focus();
};

const land = (card) => {
	showCard(card);
	showPlace(card, "instant");
};

// The list may lack the thread or show it in short.
const bring = async (id, query) => {
	const lacks = !byId(id) || byId(id).closest(".thread.folded");
	if (lacks) await load("threads", query, byId("threads"), "innerMorph");
	return byId(id);
};

const showPin = async ({ dataset: { thread, all } }) => {
	const lacks = all.split(" ").find((id) => !byId(`t${id}`));
	const card = await bring(`t${lacks ?? thread}`, { thread });
	if (card) showCard(byId(`t${thread}`) ?? card);
};

const showHash = async () => {
	const [id, , number] = location.hash.slice(1).match(/^(comment-|t)(\d{1,9})$/) ?? [];
	if (!id || !byId("pp-doc")) return false;
	const found = await bring(id, { [id === `t${number}` ? "thread" : "comment"]: number });
	const card = found?.closest(".thread");
	if (!card) return false;
	land(card);
	found.scrollIntoView({ block: "nearest", behavior: "instant" });
	return true;
};

const start = async () => {
	const card = document.querySelector(".thread.active");
	if (!(await showHash()) && card) land(card);
};

document.addEventListener("click", (event) => {
	if (!isPlain(event)) return;
	const pin = event.target.closest("a.pin[data-thread]");
	if (pin) {
		event.preventDefault();
		showPin(pin);
	}
	const card = event.target.closest("a.quote")?.closest(".thread");
	if (card && showPlace(card)) event.preventDefault();
});
document.addEventListener("htmx:after:swap", () => {
	syncPins();
	const active = document.querySelector(".thread.active") ?? byId(current);
	active?.classList.add("active");
	current = active?.id ?? current;
	if (document.querySelector("#pp-new-body[autofocus]")) openPanel();
	drawHighlights();
});
// The browser finds no card of another tab.
window.addEventListener("load", () => requestAnimationFrame(start));
window.addEventListener("hashchange", showHash);
drawHighlights();
