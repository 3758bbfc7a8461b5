// One key each; a setting turns them off, but for Ctrl+Enter and Escape.
import { commentHere } from "./blocks.js";
import { leaveCard, openPanel, showCard, showPlace } from "./panel.js";
import { say } from "./places.js";

const byId = (id) => document.getElementById(id);
const here = () =>
	document.activeElement?.closest(".thread") ?? document.querySelector(".thread.active");

const step = (way) => {
	openPanel();
	const cards = [...document.querySelectorAll("#threads .thread")];
	const open = cards.filter((card) => !card.matches(".done"));
	if (way < 0) cards.reverse();
	const next = cards.slice(cards.indexOf(here()) + 1).find((card) => open.includes(card));
	if (!next) return say(open.length ? "There are no more open threads." : "No open threads here.");
	showPlace(next);
	showCard(next);
	say(`${open.indexOf(next) + 1} of ${open.length} open threads`);
};

const press = (name) => {
	const button = here() && byId(`pp-${name}-${here().id.slice(1)}`);
	button?.focus();
	button?.click();
	return button;
};

const reply = () => {
	const card = here();
	const details = card?.querySelector("details.reply");
	if (!details) return card ? press("sum") : say("No thread is chosen: press j first.");
	details.open = true;
	details.querySelector("textarea").focus();
};

const turn = () => {
	if (!press("turn")) say(here() ? "You may not resolve this." : "No thread is chosen: press j first.");
};

const help = () => byId("pp-keys")?.showModal();

const keys = {
	"/": () => (byId("pp-q") ?? byId("pp-find"))?.focus(),
	"?": help,
};
const onPlans = { c: commentHere, j: () => step(1), k: () => step(-1), r: reply, e: turn };

export const closeMenus = (kept) => {
	for (const menu of document.querySelectorAll("details.menu[open]")) {
		if (kept && menu.contains(kept)) continue;
		if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
		menu.open = false;
	}
};

const leave = (field) => {
	closeMenus();
	if (document.body.matches(".moving")) return;
	const card = document.activeElement?.closest(".thread");
	if (field && card) card.focus();
	else if (card) leaveCard(card);
	else if (field?.id === "pp-new-body") byId(field.value ? "threads" : "pp-new-cancel")[field.value ? "focus" : "click"]();
};

export const watchKeys = () => {
	document.addEventListener("click", (event) => {
		closeMenus(event.target);
		if (event.target.closest("#pp-keys-list")) help();
	});
	document.addEventListener("keydown", (event) => {
		const { key, target } = event;
		if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
		const field = target.closest?.("input, textarea, select, [contenteditable]");
		const command = event.ctrlKey || event.metaKey;
		if (key === "Enter" && command && field?.form) return field.form.requestSubmit();
		if (key === "Escape") return leave(field);
		if (field || command || event.altKey || document.body.dataset.keys === "off") return;
		const act = keys[key] ?? (byId("pp-doc") && onPlans[key]);
		if (!act) return;
		event.preventDefault();
		act();
	});
};
