// What htmx and plain HTML cannot do; everything works without it.
import { drawHighlights } from "./highlights.js";
import { watchBlocks } from "./blocks.js";

const say = (words) => {
	const region = document.getElementById("announce");
	if (region) region.textContent = words;
};

const warn = (words) => {
	const banner = document.getElementById("banner");
	if (!banner) return;
	const line = document.createElement("p");
	line.className = "banner bad";
	line.textContent = words;
	banner.replaceChildren(line);
};

const copyLink = async (link) => {
	await navigator.clipboard.writeText(link.href);
	say("Link copied.");
	link.classList.add("copied");
	setTimeout(() => link.classList.remove("copied"), 1200);
};

const showThread = (pin) => {
	const card = document.getElementById(`t${pin.dataset.thread}`);
	if (!card) return false;
	const panel = document.getElementById("comments");
	if (panel && getComputedStyle(panel).display === "none") panel.showPopover();
	for (const other of document.querySelectorAll(".thread.active")) {
		other.classList.remove("active");
	}
	card.classList.add("active");
	card.scrollIntoView({ block: "nearest" });
	drawHighlights();
	return true;
};

document.addEventListener("click", (event) => {
	if (event.ctrlKey || event.metaKey || event.shiftKey) return;
	const link = event.target.closest("a[data-copy]");
	if (link && navigator.clipboard) {
		event.preventDefault();
		copyLink(link);
	}
	const pin = event.target.closest("a.pin[data-thread]");
	if (pin && showThread(pin)) event.preventDefault();
	const quote = event.target.closest("a.quote");
	if (quote) {
		const card = quote.closest(".thread");
		const place = document.querySelector(
			`#s-${CSS.escape(card.dataset.section)} [data-block="${CSS.escape(card.dataset.place ?? "0")}"]`,
		);
		if (place) {
			event.preventDefault();
			place.scrollIntoView({ block: "center" });
			drawHighlights(card);
		}
	}
	for (const menu of document.querySelectorAll("details.menu[open]")) {
		if (!menu.contains(event.target)) menu.open = false;
	}
});

document.addEventListener("keydown", (event) => {
	const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
	if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && typing?.form) {
		typing.form.requestSubmit();
	}
	if (event.key === "/" && !typing) {
		const field = document.getElementById("pp-q") ?? document.getElementById("pp-find");
		if (field) {
			event.preventDefault();
			field.focus();
		}
	}
	if (event.key === "Escape") {
		for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
	}
});

document.addEventListener("htmx:response:error", (event) => {
	if (event.detail.ctx?.response?.status >= 500) {
		warn("That did not work, and nothing was changed. What you typed is still here: try again.");
	}
});
document.addEventListener("htmx:error", () => {
	warn("The server cannot be reached. What you typed is still here: try again.");
});
document.addEventListener("htmx:after:swap", () => {
	const panel = document.getElementById("comments");
	const composer = document.getElementById("pp-composer");
	if (composer && panel && getComputedStyle(panel).display === "none") panel.showPopover();
	drawHighlights();
});

watchBlocks();
drawHighlights();
