import { byId } from "./page.js";
import { rangeIn, textOf } from "./text.js";

const kinds = ["exact", "moved", "edited"];

export const placeOf = (card) => {
	const { section, place } = card.dataset;
	const root = section ? byId(`s-${section}`) : null;
	const block = place && root?.querySelector(`[data-block="${CSS.escape(place)}"]`);
	return block || root;
};

const rangeOf = (card, texts) => {
	const { place, start, end } = card.dataset;
	if (start === undefined || place === undefined) return null;
	const block = placeOf(card);
	if (block?.dataset.block !== place) return null;
	if (!texts.has(block)) texts.set(block, textOf(block));
	return rangeIn(texts.get(block), Number(start), Number(end));
};

// The composer's words: typing drops the selection.
const composing = () => {
	const named = (name) => document.querySelector(`#pp-composer [name="${name}"]`)?.value;
	const [section, place, start, end] = ["anchor", "block", "start", "end"].map(named);
	return { dataset: { section, place, start, end } };
};

export const drawHighlights = (active = document.querySelector(".thread.active")) => {
	if (!CSS.highlights) return;
	const texts = new Map();
	for (const kind of kinds) {
		const cards = document.querySelectorAll(`.thread[data-state="${kind}"]:not(.done)`);
		const ranges = [...cards].map((card) => rangeOf(card, texts)).filter(Boolean);
		CSS.highlights.set(`pp-${kind}`, new Highlight(...ranges));
	}
	const ranges = [active, composing()].map((card) => card && rangeOf(card, texts));
	CSS.highlights.set("pp-active", new Highlight(...ranges.filter(Boolean)));
};
