// The notebooks of the menu are saved, and not shown as text: the theme's links can't say so.
document.addEventListener("DOMContentLoaded", () => {
  for (const link of document.querySelectorAll('a[class*="btn-download-"][href$=".ipynb"]')) {
    link.download = "";
    link.removeAttribute("target");
  }
});
