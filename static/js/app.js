// Everything works without it.
import "./trusted.js";
import "./times.js";
import "./banner.js";
import "./live.js";
import "./drafts.js";
import "./panel.js";
import "./mentions.js";
import "./places.js";
import "./selection.js";
import "./blocks.js";
import "./keys.js";
import { byId, isPlain, say } from "./page.js";

const copyLink = async (link) => {
	await navigator.clipboard.writeText(document.body.dataset.base + link.getAttribute("href"));
	say("Link copied.");
	link.classList.add("copied");
	setTimeout(() => link.classList.remove("copied"), 1200);
};

const copyText = async (button) => {
	const source = byId(button.dataset.copies);
	getSelection().selectAllChildren(source);
	await navigator.clipboard?.writeText(source.textContent.trim());
	say(navigator.clipboard ? "Copied." : "Selected: copy it with the keyboard.");
};

document.addEventListener("click", (event) => {
	if (!isPlain(event)) return;
	const link = event.target.closest("a[data-copy]");
	if (link && navigator.clipboard) {
		event.preventDefault();
		copyLink(link);
	}
	const button = event.target.closest("button[data-copies]");
	if (button) copyText(button);
});
