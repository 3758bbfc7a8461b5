// htmx does not listen for back and forward until the page is parsed.
let parsed = false;

document.addEventListener("DOMContentLoaded", () => {
	parsed = true;
});
window.addEventListener("popstate", (event) => {
	if (!parsed && event.state?.htmx) location.reload();
});
