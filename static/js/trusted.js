// Only htmx makes elements of text.
const rules = { createHTML: (html) => html };
window.htmx.registerExtension("pp-trusted", {
	init: (api) => api.initSecurity(window.trustedTypes?.createPolicy("htmx", rules)),
});
