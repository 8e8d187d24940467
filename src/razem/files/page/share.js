// The listing of a share: sorting, searching, looking at files, and putting some there.
"use strict";

const table = document.querySelector("table");
const body = table.tBodies[0];

for (const [column, heading] of [...table.tHead.rows[0].cells].entries()) {
  const button = heading.querySelector("button");
  if (!button) continue;
  button.addEventListener("click", () => {
    const up = heading.getAttribute("aria-sort") !== "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", up ? "ascending" : "descending");
    const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
    const rows = [...body.rows].sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      return column ? Number(x) - Number(y) : x.localeCompare(y, undefined, { numeric: true });
    });
    body.append(...(up ? rows : rows.reverse()));
  });
}

document.querySelector("input[type=search]").addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/);
  for (const row of body.rows) {
    const name = row.cells[0].textContent.toLowerCase();
    row.hidden = !words.every((word) => name.includes(word));
  }
});

const dialog = document.querySelector("dialog");
dialog.querySelector("button").addEventListener("click", () => dialog.close());

body.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-preview]");
  if (!button) return;
  const link = button.closest("tr").querySelector("a");
  const place = dialog.querySelector("div");
  place.replaceChildren();
  dialog.querySelector("strong").textContent = link.textContent;
  if (button.dataset.preview === "image") {
    const image = document.createElement("img");
    image.alt = link.textContent;
    image.src = link.href;
    place.append(image);
  } else {
    const answer = await fetch(link.href, { headers: { Range: "bytes=0-65535" } });
    const text = document.createElement("pre");
    text.textContent = await answer.text();
    place.append(text);
  }
  dialog.showModal();
});

const drop = document.querySelector("#drop");
if (drop) {
  const input = drop.querySelector("input");
  const list = document.querySelector("#uploads");
  const send = (files) => [...files].forEach(upload);
  input.addEventListener("change", () => send(input.files));
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  document.addEventListener("dragleave", () => drop.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    send(event.dataTransfer.files);
  });

  function upload(file) {
    const item = document.createElement("li");
    const bar = document.createElement("progress");
    bar.max = file.size || 1;
    const state = document.createElement("span");
    state.textContent = ` ${file.name}`;
    item.append(bar, state);
    list.append(item);
    const request = new XMLHttpRequest();
    request.open("PUT", new URL(encodeURIComponent(file.name), document.baseURI));
    request.upload.addEventListener("progress", (event) => { bar.value = event.loaded; });
    request.addEventListener("load", () => {
      const good = request.status === 201;
      bar.value = good ? bar.max : 0;
      state.textContent = ` ${file.name}: ${good ? "is there" : request.responseText.trim()}`;
      item.dataset.state = good ? "done" : "failed";
      if (good && [...list.children].every((each) => each.dataset.state === "done")) location.reload();
    });
    request.addEventListener("error", () => {
      state.textContent = ` ${file.name}: the connection broke`;
      item.dataset.state = "failed";
    });
    request.send(file);
  }
}
