import { textOf, wordsOf } from "./text.js";

const AROUND = 32;
const MOST = 400;

const covered = (range, node) => {
	if (!range.intersectsNode(node)) return [0, 0];
	const from = node === range.startContainer ? range.startOffset : 0;
	return [from, node === range.endContainer ? range.endOffset : node.length];
};

const spanIn = (entries, range) => {
	let [node, from, to, start, end] = [null, 0, 0, -1, -1];
	entries.forEach((entry, index) => {
		if (entry.blank || !entry.node) return;
		if (entry.node !== node) {
			node = entry.node;
			[from, to] = covered(range, node);
		}
		if (entry.from < from || entry.from >= to) return;
		start = start < 0 ? index : start;
		end = index + 1;
	});
	return { start, end };
};

const blocksIn = (range, article) => {
	const common = range.commonAncestorContainer;
	const root = common.nodeType === Node.ELEMENT_NODE ? common : common.parentElement;
	const inside = article.contains(root) ? root : article;
	const found = [inside.closest("[data-block]"), ...inside.querySelectorAll("[data-block]")];
	return found.filter((block) => block && range.intersectsNode(block)).slice(0, MOST);
};

// The block with most of the words.
export const choose = (range, article) => {
	let best = null;
	let blocks = 0;
	for (const block of blocksIn(range, article)) {
		const entries = textOf(block);
		const { start, end } = spanIn(entries, range);
		if (start < 0) continue;
		blocks += 1;
		if (!best || end - start > best.end - best.start) best = { block, entries, start, end };
	}
	const section = best?.block.closest(".pp-doc > [data-anchor]");
	return section ? { ...best, section, cut: blocks > 1 } : null;
};

export const placeOf = ({ block, entries, start, end, section }) => {
	const place = { v: section.parentElement.dataset.version, anchor: section.dataset.anchor };
	place.block = block.dataset.block;
	if (block instanceof SVGElement) return place;
	const quote = wordsOf(entries.slice(start, end));
	const prefix = wordsOf(entries.slice(Math.max(0, start - AROUND), start));
	const suffix = wordsOf(entries.slice(end, end + AROUND));
	return { ...place, quote, prefix, suffix, start, end };
};
