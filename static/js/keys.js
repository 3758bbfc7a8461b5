import { commentHere } from "./blocks.js";
import { byId, say } from "./page.js";
import { leaveCard, openPanel, showCard, showPlace } from "./panel.js";

const here = () =>
	document.activeElement?.closest(".thread") ?? document.querySelector(".thread.active");

const goOn = (selector, from, back, words) => {
	const all = [...document.querySelectorAll(selector)];
	const fits = (one) => !from?.isConnected || from.compareDocumentPosition(one) & (back ? 2 : 4);
	const next = back ? all.findLast(fits) : all.find(fits);
	say(next ? `${all.indexOf(next) + 1} of ${all.length} ${words}` : `No more ${words}.`);
	return next;
};

const step = (back) => () => {
	openPanel();
	const card = goOn("#threads .thread:not(.done)", here(), back, "open threads");
	if (!card) return;
	showPlace(card);
	showCard(card);
};

let at;
const change = (back) => () => {
	at = goOn("[data-stop], .pp-changed-mark", at, back, "changes") ?? at;
	if (at?.tabIndex) at.tabIndex = -1;
	at?.focus();
	at?.scrollIntoView();
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
	j: step(0),
	k: step(1),
	x: change(0),
	X: change(1),
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
	const link = event.target.closest("[data-step]");
	if (!link) return;
	event.preventDefault();
	onPlans[link.dataset.step]();
});
document.addEventListener("keydown", (event) => {
	const { key, target } = event;
	if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
	const field = target.closest?.("input, textarea, select, [contenteditable]");
	const command = event.ctrlKey || event.metaKey;
	if (key === "Enter" && command && field?.form) return field.form.requestSubmit();
	if (key === "Escape") return leave(field);
	if (field || command || event.altKey || document.body.dataset.keys === "off") return;
	const act = keys[key] ?? (document.querySelector(".pp-doc") && onPlans[key]);
	if (!act) return;
	event.preventDefault();
	act();
});
