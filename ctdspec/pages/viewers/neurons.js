for (const viewer of document.querySelectorAll(".neurons")) {
  const NONE = 255, LEFT = 46, RIGHT = 8, BETWEEN = 30, SPIKES = "#3d4654";
  const find = (selector) => viewer.querySelector(selector);
  const data = JSON.parse(find("script").textContent);
  const lines = data.lines.map((line) => ({ ...line, levels: numbers(line.levels, Uint8Array) }));
  const spikes = numbers(data.spikes, Uint8Array), n_trials = data.trials.length;
  const canvas = find("canvas.view"), told = find("[aria-live]");
  const neuron = find("[data-neuron]"), trial = find("[data-trial]");
  const boxes = [...viewer.querySelectorAll("[data-show]")];
  // Where the bins of a trial and a neuron begin.
  const place = (one, which) => (one * data.neurons.length + which) * data.n_bins;

  const redraw = drawn(canvas, (pen, width, height) => {
    const raster = Math.min(9 * n_trials, 0.4 * height), bottom = height - 36;
    const seconds = data.n_bins * data.bin_s;
    const frame = {
      pen, width, which: Number(neuron.value), one: Number(trial.value),
      x: (bin) => LEFT + (bin / data.n_bins) * (width - LEFT - RIGHT),
      rates: [12, bottom - raster - BETWEEN], raster: [bottom - raster, bottom],
    };
    rates(frame);
    rows(frame);
    pen.fillStyle = INK;
    pen.textAlign = "center";
    for (let at = 0; at <= seconds + 1e-9; at += step(seconds, width / 90)) {
      pen.fillText(String(Number(at.toFixed(3))), frame.x(at / data.bin_s), bottom + 12);
    }
    pen.fillText("time in trial (s)", (LEFT + width) / 2, bottom + 28);
  });

  /** A round distance of about n ticks. */
  function step(range, n) {
    const power = 10 ** Math.floor(Math.log10(range / n));
    return [1, 2, 5, 10].map((times) => times * power).find((size) => range / size <= n);
  }

  function rates({ pen, which, one, x, rates: [top, bottom], width }) {
    const shown = lines.filter((_, number) => boxes[number].checked);
    const most = 1.05 * Math.max(1e-6, ...shown.map((line) => line.most_hz[which]));
    const y = (hz) => bottom - (hz / most) * (bottom - top);
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (let hz = 0; hz <= most; hz += step(most, 4)) {
      pen.fillStyle = INK;
      pen.fillText(String(Number(hz.toPrecision(3))), LEFT - 6, y(hz));
      pen.fillStyle = PALE;
      pen.fillRect(LEFT, y(hz), width - LEFT - RIGHT, 1);
    }
    for (const line of shown) {
      pen.strokeStyle = line.colour;
      pen.lineWidth = 1.5;
      pen.setLineDash(DASHES[line.dash]);
      pen.beginPath();
      for (let bin = 0, before = NONE; bin < data.n_bins; bin++) {
        const level = line.levels[place(one, which) + bin];
        if (level !== NONE) {
          pen[before === NONE ? "moveTo" : "lineTo"](x(bin + 0.5), y((level / 254) * line.most_hz[which]));
        }
        before = level;
      }
      pen.stroke();
    }
    pen.setLineDash([]);
    pen.fillStyle = INK;
    pen.textAlign = "left";
    pen.fillText("rate (Hz)", LEFT + 4, top - 2);
  }

  function rows({ pen, which, one, x, raster: [top, bottom], width }) {
    const high = (bottom - top) / n_trials, wide = Math.max(1, (width - LEFT - RIGHT) / data.n_bins);
    pen.fillStyle = INK;
    pen.textAlign = "left";
    pen.fillText("spikes, a row per trial", LEFT + 4, top - 10);
    for (let row = 0; row < n_trials; row++) {
      const y = top + row * high, end = x(data.valid_bins[row]);
      pen.fillStyle = row === one ? "#f0d58c" : "#f6f7f8";
      pen.fillRect(LEFT, y, end - LEFT, high - 1);
      pen.fillStyle = SPIKES;
      for (let bin = 0; bin < data.n_bins; bin++) {
        if (spikes[place(row, which) + bin]) pen.fillRect(x(bin), y, wide, high - 1);
      }
    }
    pen.fillStyle = INK;
    pen.textAlign = "right";
    pen.fillText("▸", LEFT - 4, top + (one + 0.5) * high);
  }

  function changed() {
    told.textContent = `Neuron ${data.neurons[neuron.value]}; trial ${data.trials[trial.value]}.`;
    redraw();
  }
  /** Choose another option, as they are listed. */
  function go(select, by) {
    const at = Math.max(0, Math.min(select.length - 1, select.selectedIndex + by));
    if (at === select.selectedIndex) return;
    select.selectedIndex = at;
    changed();
  }
  const KEYS = { ArrowLeft: [neuron, -1], ArrowRight: [neuron, 1], ArrowUp: [trial, -1], ArrowDown: [trial, 1] };
  canvas.addEventListener("keydown", (event) => {
    if (!KEYS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    go(...KEYS[event.key]);
  });
  for (const button of viewer.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => go(neuron, Number(button.dataset.step)));
  }
  for (const select of [neuron, trial]) select.addEventListener("change", changed);
  boxes.forEach((box, which) => {
    box.addEventListener("change", redraw);
    swatch(box.parentElement.querySelector("canvas"), lines[which]);
  });
  viewer.hidden = false;
  redraw();
}
