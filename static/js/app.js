// What htmx and plain HTML cannot do; everything works without it.
import { watchErrors } from "./banner.js";
import { watchBlocks } from "./blocks.js";
import { watchDrafts } from "./drafts.js";
import { drawHighlights } from "./highlights.js";
import { watchKeys } from "./keys.js";
import { watchStream } from "./live.js";
import { watchMentions } from "./mentions.js";
import { openPanel, watchPanel } from "./panel.js";
import { say, watchPlaces } from "./places.js";
import { watchSelection } from "./selection.js";

// The address that others reach.
const copyLink = async (link) => {
	const { pathname, search, hash } = link;
	await navigator.clipboard.writeText(document.body.dataset.base + pathname + search + hash);
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

document.addEventListener("click", (event) => {
	if (event.ctrlKey || event.metaKey || event.shiftKey) return;
	const link = event.target.closest("a[data-copy]");
	if (link && navigator.clipboard) {
		event.preventDefault();
		copyLink(link);
	}
	const button = event.target.closest("button[data-copies]");
	if (button) copyText(button);
});

watchErrors();
watchStream();
watchDrafts();
watchPanel();
watchKeys();
document.addEventListener("htmx:after:swap", () => {
	if (document.querySelector("#pp-new-body[autofocus]")) openPanel();
});
watchBlocks();
watchMentions();
watchPlaces();
watchSelection();
drawHighlights();
