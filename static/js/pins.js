import { byId } from "./page.js";

const put = (section, key, drawn, pin) => {
	const block = section.querySelector(`[data-block="${key}"]`);
	if (key === "0") section.querySelector(".pin.add")?.before(pin);
	else if (drawn) block?.querySelector(":scope > g:last-child")?.append(pin);
	else if (block?.closest("svg")) block.closest("svg").after(pin);
	else if (block?.matches("button, label, summary, a")) block.after(pin);
	else block?.append(pin);
};

const named = (root, { id }) => root.querySelector(`#${CSS.escape(id)}`);

const renew = (doc, { dataset: { section, key, drawn }, firstElementChild: pin }) => {
	const old = named(doc, pin);
	const root = byId(`s-${section}`);
	if (!old && root) put(root, key, drawn !== undefined, pin);
	if (!old || old.isEqualNode(pin)) return;
	const focused = old.contains(document.activeElement);
	old.replaceWith(pin);
	if (focused) (pin.querySelector("a") ?? pin).focus({ preventScroll: true });
};

export const syncPins = () => {
	const doc = byId("pp-doc");
	const told = document.querySelector("#pp-pins > div");
	if (!told) return;
	for (const pin of doc.querySelectorAll("[id^=pp-pin-]")) {
		if (!named(told, pin)) pin.remove();
	}
	for (const place of told.children) renew(doc, place);
	told.remove();
};
