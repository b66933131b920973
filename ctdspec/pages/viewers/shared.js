"use strict";
// What both viewers need: numbers from text, sharp canvases, pens.
const INK = "#1c2128", PALE = "#dfe2e6", FAINT = "#8a8f98";
const FONT = '13px system-ui, "Helvetica Neue", Arial, sans-serif';
const DASHES = { solid: [], dashed: [6, 4], dotted: [2, 3] };

const numbers = (text, Kind) =>
  new Kind(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);

/** Call draw(pen, width, height) whenever a canvas changes its size, and give a function that draws it again. */
function drawn(canvas, draw) {
  let waiting = false;
  const again = () => {
    waiting = false;
    const sharp = window.devicePixelRatio || 1, { clientWidth: width, clientHeight: height } = canvas;
    if (!width) return;
    canvas.width = Math.round(width * sharp);
    canvas.height = Math.round(height * sharp);
    const pen = canvas.getContext("2d");
    pen.scale(sharp, sharp);
    pen.font = FONT;
    draw(pen, width, height);
  };
  const soon = () => {
    if (!waiting) waiting = requestAnimationFrame(again);
  };
  new ResizeObserver(soon).observe(canvas);
  return soon;
}

function mark(pen, marker, colour, x, y, r) {
  const corners = { "^": [-90, 30, 150], s: [-135, -45, 45, 135], D: [-90, 0, 90, 180] }[marker];
  pen.beginPath();
  if (!corners) pen.arc(x, y, r, 0, 7);
  for (const angle of corners || []) {
    const turn = (angle * Math.PI) / 180;
    pen.lineTo(x + 1.25 * r * Math.cos(turn), y + 1.25 * r * Math.sin(turn));
  }
  pen.closePath();
  pen.setLineDash([]);
  pen.lineWidth = 1;
  pen.fillStyle = marker === "ring" ? "transparent" : colour;
  pen.strokeStyle = INK;
  pen.fill();
  pen.stroke();
}

/** Draw, beside a check box, what it shows. */
function swatch(canvas, { colour, dash, marker }) {
  drawn(canvas, (pen, width, height) => {
    if (marker) return mark(pen, marker, colour, width / 2, height / 2, 5);
    pen.strokeStyle = colour;
    pen.lineWidth = 2.5;
    pen.setLineDash(DASHES[dash]);
    pen.beginPath();
    pen.moveTo(1, height / 2);
    pen.lineTo(width - 1, height / 2);
    pen.stroke();
  });
}
