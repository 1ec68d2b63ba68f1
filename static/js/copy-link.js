/** <copy-link>: adds a button that copies the address in its input. Without script the address can be selected. */
class CopyLink extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector("input");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = "Copy";
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      input.select();
      try {
        await navigator.clipboard.writeText(input.value);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Press Ctrl+C"; // not allowed to: the text is selected
      }
    });
    this.append(button);
  }
}
customElements.define("copy-link", CopyLink);
