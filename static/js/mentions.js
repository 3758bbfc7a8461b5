import { byId, isPlain, load, say } from "./page.js";

const FIELD = "#comments textarea[name=body]";
const NAME = /(?<![\p{L}\p{N}_.@+/-])@(?! )([\p{L}\p{N}\p{M}._'’-]*(?: [\p{L}\p{N}\p{M}.'’-]+){0,3} ?)$/u;
let field = null;
let start = 0;
let asking = false;
let chosen = 0;
let nobody = null; // letters of no name

const list = () => byId("pp-mentions");
const options = () => [...list().querySelectorAll("[role=option]")];
const isOpen = () => field?.isConnected && !list()?.hidden;

const typed = () => {
	const { selectionStart: end, selectionEnd, value } = field;
	const found = end === selectionEnd && NAME.exec(value.slice(Math.max(0, end - 120), end));
	if (!found) return null;
	start = end - found[1].length - 1;
	return found[1];
};

const close = () => {
	if (list()) list().hidden = true;
	field?.removeAttribute("aria-activedescendant");
};

const mark = (at) => {
	const all = options();
	chosen = (at + all.length) % all.length;
	for (const [index, option] of all.entries()) option.ariaSelected = `${index === chosen}`;
	all[chosen].scrollIntoView({ block: "nearest" });
	field.setAttribute("aria-activedescendant", all[chosen].id);
};

// Above the field where a phone's keyboard is below.
const stand = () => {
	const { left, width, top, bottom } = field.getBoundingClientRect();
	const { height: room, offsetTop } = window.visualViewport;
	const height = list().offsetHeight + 4;
	const place = bottom + height < room + offsetTop ? bottom + 4 : Math.max(0, top - height);
	Object.assign(list().style, { left: `${left}px`, width: `${width}px`, top: `${place}px` });
};

const show = () => {
	if (!options().length || document.activeElement !== field) return close();
	list().hidden = false;
	stand();
	mark(0);
	say(`${options().length} found. Arrows and Enter choose.`);
};

const ask = async () => {
	if (asking) return;
	asking = true;
	let looked = null;
	for (let now = typed(); now !== looked; now = typed()) {
		looked = now;
		if (!now?.startsWith(nobody ?? "")) nobody = null;
		if (now === null || nobody !== null) continue;
		await load("mentions/new", { q: now }, list());
		if (!options().length) nobody = now;
	}
	asking = false;
	if (looked === null || nobody !== null) close();
	else show();
};

const choose = (option) => {
	close();
	field.setRangeText(`@${option.dataset.words} `, start, field.selectionStart, "end");
	field.dispatchEvent(new CustomEvent("input", { bubbles: true, detail: "chosen" }));
};

const press = (event) => {
	if (!isOpen() || event.target !== field || event.isComposing || !isPlain(event)) return;
	const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
	if (step) mark(chosen + step);
	else if (event.key === "Enter" || event.key === "Tab") choose(options()[chosen]);
	else if (event.key === "Escape") close();
	else return;
	event.preventDefault();
	event.stopImmediatePropagation();
};

document.addEventListener("keydown", press, true);
document.addEventListener("input", ({ target, detail }) => {
	if (!target.matches?.(FIELD)) return;
	field = target;
	if (detail !== "chosen") ask().catch(close);
});
document.addEventListener("focusout", close);
document.addEventListener("scroll", () => isOpen() && stand(), true);
const pressed = ({ target }) => target.closest?.("#pp-mentions [role=option]");
document.addEventListener("mousedown", (event) => pressed(event) && event.preventDefault());
document.addEventListener("click", (event) => pressed(event) && choose(pressed(event)));
