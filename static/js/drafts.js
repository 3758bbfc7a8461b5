// Words that somebody types outlive every swap until they are sent or cancelled.
import { holdCaret, keepCard, refocus } from "./caret.js";
import { dropSaving, saveSoon, watchSaving } from "./saving.js";

const typed = new Map();
const made = new WeakSet();
let over = null;
let composer = "";

// Only the answer to its own form changes a field that somebody is in or typed in.
const mine = (field) =>
	Boolean(field) &&
	field.form !== over &&
	(field === document.activeElement || typed.has(field.id));

const missing = (root, page) =>
	[...root.querySelectorAll("textarea")].filter(
		(field) => mine(field) && !page.querySelector(`#${CSS.escape(field.id)}`),
	);

// False leaves the element as it is.
const morph = (old, { newNode }) => {
	if (!old.matches) return true;
	if (!old.attributes.length) made.add(old);
	const comment = "[id^=comment-]";
	if (old.matches(`#threads .thread, #threads ${comment}`)) {
		const lost = missing(old, newNode);
		if (old.contains(over)) return true;
		if (old.matches(".thread")) return lost.every((field) => field.closest(comment));
		return !lost.length;
	}
	if (old.matches(".foot")) return !mine(old.closest(".box")?.querySelector("textarea"));
	const field = old.form?.elements.namedItem("body");
	if (!mine(field)) return true;
	if (old === field) newNode.defaultValue = old.defaultValue;
	if (old.name === "key") newNode.setAttribute("value", old.value);
	return true;
};

// What is unfolded stays so, what is folded, too.
const attribute = (element, { attrName }) =>
	!(attrName === "open" && element.matches("#comments details") && !made.has(element));

const restore = () => {
	for (const [id, words] of typed) {
		const field = document.getElementById(id);
		if (!field || !words || field.value !== field.defaultValue || field.value === words) continue;
		const key = id === "pp-new-body" && field.form.elements.key;
		if (key && key.value !== composer) {
			// The words move to another place, unless something was begun there.
			if (field.value) {
				typed.delete(id);
				continue;
			}
			key.value = composer;
			saveSoon(field);
		}
		field.value = words;
		const reply = field.closest("details.reply");
		if (reply) reply.open = true;
	}
};

const finish = (form) => {
	for (const field of form.elements) {
		if (field.type !== "textarea") continue;
		typed.delete(field.id);
		dropSaving(field);
		field.value = "";
		const reply = field.closest("details.reply");
		if (reply) reply.open = false;
	}
};

export const watchDrafts = () => {
	window.htmx.registerExtension("pp-drafts", {
		htmx_before_morph_node: morph,
		htmx_before_morph_attr: attribute,
	});
	document.addEventListener("input", ({ target }) => {
		if (target.matches?.("#comments textarea")) typed.set(target.id, target.value);
	});
	document.addEventListener("htmx:before:swap", (event) => {
		const { response, sourceElement } = event.detail.ctx;
		const form = sourceElement?.matches("[data-cancel]") ? sourceElement.form : sourceElement;
		over = form?.matches("#comments form") ? form : null;
		holdCaret(sourceElement, mine);
		composer = document.querySelector("#pp-composer [name=key]")?.value ?? composer;
		if (over && response?.status < 400) finish(form);
	});
	document.addEventListener("htmx:after:swap", () => {
		over = null;
		keepCard();
		restore();
		refocus();
	});
	watchSaving();
};
