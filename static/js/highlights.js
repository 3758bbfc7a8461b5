// Marks the words that open threads speak of, with the CSS Custom Highlight API.
// A card says where: section, block, and code points in the block's normalised text.

const kinds = ["exact", "moved", "edited"];

// A nested block, a line break and our own marks count as the server counts them: the first two
// as one space, the last not at all.
const filter = (block) => (node) => {
	if (node.nodeType === Node.TEXT_NODE) return NodeFilter.FILTER_ACCEPT;
	if (node.matches(".pin, .permalink, .pp-changed-mark")) return NodeFilter.FILTER_REJECT;
	if (node.matches("br, hr")) return NodeFilter.FILTER_ACCEPT;
	if (node.matches("[data-block]") && node !== block) return NodeFilter.FILTER_REJECT;
	return NodeFilter.FILTER_SKIP;
};

// Maps offsets in normalised text (white space collapsed, code points) to a range of text nodes.
const locate = (block, start, end) => {
	const kinds = NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT;
	const walker = document.createTreeWalker(block, kinds, filter(block));
	const range = new Range();
	let count = 0;
	let space = true;
	let found = false;
	for (let node = walker.nextNode(); node; node = walker.nextNode()) {
		if (node.nodeType !== Node.TEXT_NODE) {
			if (!space) count += 1;
			space = true;
			continue;
		}
		let index = 0;
		for (const mark of node.data) {
			const blank = /\s/u.test(mark);
			if (!(blank && space)) {
				if (count === start && !found) {
					range.setStart(node, index);
					found = true;
				}
				count += 1;
				if (count === end && found) {
					range.setEnd(node, index + mark.length);
					return range;
				}
			}
			space = blank;
			index += mark.length;
		}
	}
	return null;
};

// The element that a card speaks of: its block, or else its section.
export const placeOf = (card) => {
	const { section, place } = card.dataset;
	const root = section ? document.getElementById(`s-${section}`) : null;
	const block = place && root?.querySelector(`[data-block="${CSS.escape(place)}"]`);
	return block || root;
};

const rangeOf = (card) => {
	const { place, start, end } = card.dataset;
	if (start === undefined || place === undefined) return null;
	const block = placeOf(card);
	return block?.dataset.block === place ? locate(block, Number(start), Number(end)) : null;
};

export const drawHighlights = (active = document.querySelector(".thread.active")) => {
	if (!CSS.highlights) return;
	for (const kind of kinds) {
		const cards = document.querySelectorAll(`.thread[data-state="${kind}"]:not(.done)`);
		const ranges = [...cards].map(rangeOf).filter(Boolean);
		CSS.highlights.set(`pp-${kind}`, new Highlight(...ranges));
	}
	const range = active ? rangeOf(active) : null;
	CSS.highlights.set("pp-active", range ? new Highlight(range) : new Highlight());
};
