import { byId } from "./page.js";
import { compose } from "./places.js";
import { commentOnSelection } from "./selection.js";

const sectionOf = (block) => block.closest(".pp-doc > [data-anchor]");

// The heading before the section's own link means the section.
const isWhole = (block) => {
	const section = sectionOf(block);
	let before = section.querySelector(".pin.add");
	while (before?.matches(".pin, .permalink, .pp-changed-mark, #pp-say")) {
		before = before.previousElementSibling;
	}
	return block === section || block === before;
};

const comment = (block) => {
	const place = { anchor: sectionOf(block).dataset.anchor };
	if (!isWhole(block)) place.block = block.dataset.block;
	compose(place);
};

const spotOf = (block) =>
	block instanceof SVGElement ? block.querySelector(":scope > g:last-child") : null;

const stand = (add, block) => {
	const edge = byId("pp-doc").getBoundingClientRect();
	const spot = spotOf(block)?.getScreenCTM();
	const beside = block.querySelector(":scope > .pin") ?? block;
	const top = (spot ? spot.f - 14 : beside.getBoundingClientRect().top) - edge.top;
	add.style.insetBlockStart = `${Math.max(0, top)}px`;
	add.classList.toggle("near", Boolean(spot));
	add.style.insetInlineStart = "";
	if (!spot) return;
	const taken = block.querySelector(":scope > g:last-child > svg") ? 14 : -12;
	const left = Math.min(spot.e + taken - edge.left, edge.width - 24);
	add.style.insetInlineStart = `${Math.max(0, left)}px`;
};

const offer = (block) => {
	const add = byId("pp-add");
	add.hidden = !sectionOf(block) || isWhole(block);
	if (add.hidden) return;
	stand(add, block);
	add.ariaLabel = `Comment on: ${(block.ariaLabel ?? block.textContent.trim()).slice(0, 60)}`;
	add.onclick = () => comment(block);
};

// A section is the last resort.
const inView = () => {
	const bars = byId("pp-bar")?.getBoundingClientRect().bottom ?? 0;
	const middle = (bars + window.innerHeight) / 2;
	let best = null;
	for (const block of document.querySelectorAll("#pp-doc [data-block]")) {
		const { top, bottom, height } = block.getBoundingClientRect();
		const section = sectionOf(block);
		if (!height || !section) continue;
		const last = block === section ? 1e6 : 0;
		const away = Math.max(top - middle, middle - bottom, 0) + last;
		if (!best || away < best.away || (away === best.away && height <= best.height)) {
			best = { block, away, height };
		}
	}
	return best?.block;
};

export const commentHere = () => {
	if (commentOnSelection()) return;
	const focused = document.activeElement?.closest("#pp-doc [data-block]");
	const block = focused ?? inView();
	if (block) comment(block);
	else byId("pp-whole")?.click();
};

const react = (event) => {
	const block = event.target.closest?.("#pp-doc [data-block]");
	if (block) offer(block);
};
document.addEventListener("pointerover", react);
document.addEventListener("focusin", react);
