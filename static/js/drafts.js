// What is typed outlives a swap.
import { holdCaret, keepCard, refocus } from "./caret.js";
import { byId } from "./page.js";
import { dropSaving, saveSoon } from "./saving.js";

const typed = new Map();
const made = new WeakSet();
let over = null;
let composer = "";

// Only the answer to its own form changes such a field.
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

const stays = { open: "#comments details, .menu:not(:has(.htmx-request))", class: ".htmx-request" };
const attribute = (element, { attrName }) => made.has(element) || !element.matches(stays[attrName]);

const fold = (field, folded) => field.closest("details.reply")?.toggleAttribute("open", !folded);

const restore = () => {
	for (const [id, words] of typed) {
		const field = byId(id);
		if (!field || !words || field.value !== field.defaultValue || field.value === words) continue;
		const key = id === "pp-new-body" && field.form.elements.key;
		if (key && key.value !== composer) {
			// Another place, where nothing may be begun yet.
			if (field.value) {
				typed.delete(id);
				continue;
			}
			key.value = composer;
			saveSoon(field);
		}
		field.value = words;
		fold(field, false);
	}
};

const finish = (form) => {
	for (const field of form.elements) {
		if (field.type !== "textarea") continue;
		typed.delete(field.id);
		dropSaving(field);
		field.value = "";
		fold(field, true);
	}
};

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
