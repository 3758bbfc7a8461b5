// As the server counts: code points in NFC, a break is one space.
const OURS = ".pin, .permalink, .pp-changed-mark, svg";
const NESTED = `[data-block], [data-anchor], :is(p, ul, ol, menu, li, dl, dt, dd, table, caption,
	colgroup, thead, tbody, tfoot, tr, td, th, h1, h2, h3, h4, h5, h6, hgroup, pre, figure,
	figcaption, blockquote, div, section, article, header, footer, aside, nav, main, details,
	summary, address, fieldset, legend, center, button, label)`;
const SPACED = "br, hr, text, tspan:is([x], [y], [dy])";
const BLANK = /(?!\ufeff)[\s\x85]/u;

const collect = (node, put) => {
	for (const child of node.childNodes) {
		if (child.nodeType === Node.TEXT_NODE) put(child);
		else if (child.nodeType !== Node.ELEMENT_NODE || child.matches(OURS)) continue;
		else if (child.matches(NESTED)) put(null);
		else {
			if (child.matches(SPACED)) put(null);
			collect(child, put);
		}
	}
};

// What NFC joins is never in two clusters.
const composed = (marks, raw) => {
	const found = [];
	let next = 0;
	for (const { segment } of new Intl.Segmenter().segment(raw)) {
		const first = marks[next];
		let last = first;
		for (let size = 0; size < segment.length; size += last.mark.length) last = marks[next++];
		for (const mark of segment.normalize()) {
			found.push({ mark, node: first.node, from: first.from, tail: last.tail, to: last.to });
		}
	}
	return found;
};

export const textOf = (block) => {
	const marks = [];
	collect(block, (node) => {
		let to = 0;
		for (const mark of node ? node.data : " ") {
			const from = to;
			to += mark.length;
			marks.push({ mark, node, from, tail: node, to });
		}
	});
	const raw = marks.map(({ mark }) => mark).join("");
	const found = [];
	for (const one of raw === raw.normalize() ? marks : composed(marks, raw)) {
		one.blank = BLANK.test(one.mark);
		if (!one.blank || (found.length && !found.at(-1).blank)) found.push(one);
	}
	if (found.at(-1)?.blank) found.pop();
	return found;
};

export const wordsOf = (entries) =>
	entries.map(({ blank, mark }) => (blank ? " " : mark)).join("");

export const rangeIn = (entries, start, end) => {
	const [first, last] = [entries[start], entries[end - 1]];
	if (!first?.node || !last?.tail) return null;
	const range = new Range();
	range.setStart(first.node, first.from);
	range.setEnd(last.tail, last.to);
	return range;
};
