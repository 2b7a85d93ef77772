// Draws a sample and goes to its first sheet.
import { post } from "/static/post.js";

for (const form of document.querySelectorAll(".draw")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const asked = { unit: form.dataset.unit, size: Number(form.elements.size.value) };
      location.assign((await post("/samples", asked, document.body.dataset.failed)).go);
    } catch (problem) {
      const news = document.getElementById("news");
      news.textContent = problem.message;
      news.classList.add("problem");
      button.disabled = false;
    }
  });
}
