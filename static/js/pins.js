// Puts the pins that the server told where their blocks are, and keeps the focus.
const put = (section, key, drawn, pin) => {
	const block = section.querySelector(`[data-block="${key}"]`);
	if (key === "0") section.querySelector(".pin.add")?.before(pin);
	else if (drawn) block?.querySelector(":scope > g:last-child")?.append(pin);
	else if (block?.closest("svg")) block.closest("svg").after(pin);
	else if (block?.matches("button, label, summary, a")) block.after(pin);
	else block?.append(pin);
};

const renew = (doc, { dataset: { section, key, drawn }, firstElementChild: pin }) => {
	const old = doc.querySelector(`#${CSS.escape(pin.id)}`);
	const root = doc.querySelector(`#${CSS.escape(`s-${section}`)}`);
	if (!old && root) put(root, key, drawn !== undefined, pin);
	if (!old || old.isEqualNode(pin)) return;
	const focused = old.contains(document.activeElement);
	old.replaceWith(pin);
	if (focused) (pin.querySelector("a") ?? pin).focus({ preventScroll: true });
};

export const syncPins = () => {
	const doc = document.getElementById("pp-doc");
	const told = document.querySelector("#pp-pins > div");
	if (!doc || !told) return;
	const places = [...told.children];
	const wanted = new Set(places.map((place) => place.firstElementChild?.id));
	for (const pin of doc.querySelectorAll("[id^=pp-pin-]")) {
		if (!wanted.has(pin.id)) pin.remove();
	}
	for (const place of places) renew(doc, place);
	told.remove();
};
