// One floating button comments on the block under the pointer or with the focus.
import { compose } from "./places.js";
import { commentOnSelection } from "./selection.js";

const button = () => {
	let made = document.getElementById("pp-add");
	if (!made) {
		made = document.createElement("button");
		made.id = "pp-add";
		made.type = "button";
		made.className = "pin add float";
		made.append(document.querySelector("#pp-doc .pin.add > svg")?.cloneNode(true) ?? "+");
	}
	return made;
};

const sectionOf = (block) => block.closest(".pp-doc > [data-anchor]");

// The heading with the section's own link behind it means the section.
const isWhole = (block, section) => {
	let before = section.querySelector(".pin.add");
	while (before?.matches(".pin, .permalink, .pp-changed-mark, #pp-say")) {
		before = before.previousElementSibling;
	}
	return block === section || block === before;
};

const comment = (block) => {
	const place = { anchor: sectionOf(block).dataset.anchor };
	if (!isWhole(block, sectionOf(block))) place.block = block.dataset.block;
	compose(place);
};

// The spot of a drawing's part, where its pin is.
const spotOf = (block) =>
	block instanceof SVGElement ? block.querySelector(":scope > g:last-child") : null;

const stand = (add, block, article) => {
	const edge = article.getBoundingClientRect();
	const spot = spotOf(block)?.getScreenCTM();
	const beside = block.querySelector(":scope > .pin") ?? block;
	const top = (spot ? spot.f - 14 : beside.getBoundingClientRect().top) - edge.top;
	add.style.setProperty("inset-block-start", `${Math.max(0, top)}px`);
	add.classList.toggle("near", Boolean(spot));
	if (!spot) return add.style.removeProperty("inset-inline-start");
	const taken = block.querySelector(":scope > g:last-child > svg") ? 14 : -12;
	const left = Math.min(spot.e + taken - edge.left, edge.width - 24);
	add.style.setProperty("inset-inline-start", `${Math.max(0, left)}px`);
};

const nameOf = (block) => block.getAttribute("aria-label") ?? block.textContent.trim();

const offer = (block) => {
	const article = document.getElementById("pp-doc");
	const section = sectionOf(block);
	const add = button();
	add.hidden = !article || !section || isWhole(block, section);
	if (add.hidden) return;
	stand(add, block, article);
	add.setAttribute("aria-label", `Comment on: ${nameOf(block).slice(0, 60)}`);
	add.onclick = () => comment(block);
	if (add.parentElement !== article) article.append(add);
};

// The smallest block nearest to the middle of the view; a section only where there is no other.
const inView = () => {
	const bars = document.getElementById("pp-bar")?.getBoundingClientRect().bottom ?? 0;
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
	else document.getElementById("pp-whole")?.click();
};

export const watchBlocks = () => {
	const react = (event) => {
		const block = event.target.closest?.("#pp-doc [data-block]");
		if (block) offer(block);
	};
	document.addEventListener("pointerover", react);
	document.addEventListener("focusin", react);
};
