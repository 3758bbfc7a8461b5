export const byId = (id) => document.getElementById(id);

export const say = (words) => {
	byId("announce").textContent = words;
};

export const isPlain = (event) =>
	!(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey);

export const load = (part, query, target, swap = "innerHTML") => {
	const { plan, version: v } = byId("pp-doc").dataset;
	const path = `/p/${plan}/${part}?${new URLSearchParams({ v, ...query })}`;
	return window.htmx.ajax("GET", path, { target, swap, source: target });
};
