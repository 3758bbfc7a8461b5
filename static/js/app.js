// What htmx and plain HTML cannot do; everything works without it.
import { watchErrors } from "./banner.js";
import { commentHere, watchBlocks } from "./blocks.js";
import { watchDrafts } from "./drafts.js";
import { drawHighlights, placeOf } from "./highlights.js";

const say = (words) => {
	const region = document.getElementById("announce");
	if (region) region.textContent = words;
};

const copyLink = async (link) => {
	await navigator.clipboard.writeText(link.href);
	say("Link copied.");
	link.classList.add("copied");
	setTimeout(() => link.classList.remove("copied"), 1200);
};

const copyText = async (button) => {
	const source = document.getElementById(button.dataset.copies);
	getSelection().selectAllChildren(source);
	await navigator.clipboard?.writeText(source.textContent.trim());
	say(navigator.clipboard ? "Copied." : "Selected: copy it with the keyboard.");
};

const openPanel = () => {
	const panel = document.getElementById("comments");
	if (panel && getComputedStyle(panel).display === "none") panel.showPopover();
};

const showThread = (pin) => {
	const card = document.getElementById(`t${pin.dataset.thread}`);
	if (!card) return false;
	openPanel();
	for (const other of document.querySelectorAll(".thread.active")) {
		other.classList.remove("active");
	}
	card.classList.add("active");
	card.scrollIntoView({ block: "nearest" });
	drawHighlights();
	return true;
};

const showPlace = (card, behavior = "auto") => {
	const place = placeOf(card);
	place?.scrollIntoView({ block: "center", behavior });
	drawHighlights(card);
	return Boolean(place);
};

const closeMenus = (kept) => {
	for (const menu of document.querySelectorAll("details.menu[open]")) {
		if (!kept || !menu.contains(kept)) menu.open = false;
	}
};

document.addEventListener("click", (event) => {
	if (event.ctrlKey || event.metaKey || event.shiftKey) return;
	const link = event.target.closest("a[data-copy]");
	if (link && navigator.clipboard) {
		event.preventDefault();
		copyLink(link);
	}
	const button = event.target.closest("button[data-copies]");
	if (button) copyText(button);
	const pin = event.target.closest("a.pin[data-thread]");
	if (pin && showThread(pin)) event.preventDefault();
	const card = event.target.closest("a.quote")?.closest(".thread");
	if (card && showPlace(card)) event.preventDefault();
	closeMenus(event.target);
});

document.addEventListener("keydown", (event) => {
	const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
	const command = event.ctrlKey || event.metaKey || event.altKey;
	if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && typing?.form) {
		typing.form.requestSubmit();
	}
	if (event.key === "/" && !typing && !command) {
		const field = document.getElementById("pp-q") ?? document.getElementById("pp-find");
		if (field) {
			event.preventDefault();
			field.focus();
		}
	}
	if (event.key === "c" && !typing && !command && document.getElementById("pp-doc")) {
		event.preventDefault();
		commentHere();
	}
	if (event.key === "Escape") closeMenus();
});

// An address that names a thread shows its place; the browser would jump to the card alone.
window.addEventListener("load", () => {
	const card = document.querySelector(".thread.active");
	if (!card) return;
	requestAnimationFrame(() => {
		card.scrollIntoView({ block: "nearest", behavior: "instant" });
		showPlace(card, "instant");
	});
});

watchErrors();
watchDrafts();
document.addEventListener("htmx:after:swap", () => {
	if (document.getElementById("pp-composer")) openPanel();
	drawHighlights();
});
watchBlocks();
drawHighlights();
