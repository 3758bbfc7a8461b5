// Back and forward while a page still loads would reach nobody: htmx listens once it is parsed.
let parsed = false;

document.addEventListener("DOMContentLoaded", () => {
	parsed = true;
});
window.addEventListener("popstate", (event) => {
	if (!parsed && event.state?.htmx) location.reload();
});
