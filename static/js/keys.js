import { commentHere } from "./blocks.js";
import { byId, say } from "./page.js";
import { leaveCard, openPanel, showCard, showPlace } from "./panel.js";

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

const press = (card, name) => {
	const button = byId(`pp-${name}-${card.id.slice(1)}`);
	button?.focus();
	button?.click();
	return button;
};

const reply = (card) => {
	const details = card.querySelector("details.reply");
	if (!details) return press(card, "sum");
	details.open = true;
	details.querySelector("textarea").focus();
};

const turn = (card) => press(card, "turn") || say("You may not resolve this.");

const chosen = (act) => () => {
	if (here()) act(here());
	else say("No thread is chosen: press j first.");
};

const help = () => byId("pp-keys")?.showModal();

const keys = { "/": () => (byId("pp-q") ?? byId("pp-find"))?.focus(), "?": help };
const onPlans = {
	c: commentHere,
	j: () => step(1),
	k: () => step(-1),
	r: chosen(reply),
	e: chosen(turn),
};

const closeMenus = (kept) => {
	for (const menu of document.querySelectorAll("details.menu[open]")) {
		if (kept && menu.contains(kept)) continue;
		if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
		menu.open = false;
	}
};

const leave = (field) => {
	closeMenus();
	const card = document.activeElement?.closest(".thread");
	if (field && card) card.focus();
	else if (card) leaveCard(card);
	else if (field?.id !== "pp-new-body") return;
	else if (field.value) byId("threads").focus();
	else byId("pp-new-cancel").click();
};

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
