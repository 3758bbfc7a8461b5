// One floating button offers a comment on the block under the pointer.
// Sections have real links of their own, which need no script.

const button = () => {
	let made = document.getElementById("pp-add");
	if (!made) {
		made = document.createElement("button");
		made.id = "pp-add";
		made.type = "button";
		made.className = "pin add float";
		made.textContent = "+";
	}
	return made;
};

const compose = (article, section, block) => {
	const query = new URLSearchParams({
		v: article.dataset.version,
		anchor: section.dataset.anchor,
		block: block.dataset.block,
	});
	window.htmx.ajax("GET", `/p/${article.dataset.plan}/threads/new?${query}`, {
		target: "#composer",
		swap: "innerHTML",
		source: document.getElementById("composer"),
	});
};

const offer = (block) => {
	const article = document.getElementById("pp-doc");
	const section = block.closest(".pp-doc > [data-anchor]");
	if (!article || !section || block === section || block.querySelector(":scope > .pin")) return;
	const add = button();
	const top = block.getBoundingClientRect().top - article.getBoundingClientRect().top;
	add.style.setProperty("inset-block-start", `${Math.max(0, top)}px`);
	add.setAttribute("aria-label", `Comment on: ${block.textContent.trim().slice(0, 60)}`);
	add.onclick = () => compose(article, section, block);
	if (add.parentElement !== article) article.append(add);
	add.hidden = false;
};

export const watchBlocks = () => {
	const react = (event) => {
		const block = event.target.closest?.("#pp-doc [data-block]");
		if (block) offer(block);
	};
	document.addEventListener("pointerover", react);
	document.addEventListener("focusin", react);
};
