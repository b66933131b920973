for (const viewer of document.querySelectorAll(".space")) {
  const NONE = -32768, UNIT = 10000, DEPTHS = 6, START = { turn: 30, tilt: 30, zoom: 1 };
  const find = (selector) => viewer.querySelector(selector);
  const all = (selector) => [...viewer.querySelectorAll(selector)];
  const data = JSON.parse(find("script").textContent);
  const lines = data.lines.map((line) => ({ ...line, at: numbers(line.positions, Int16Array) }));
  const points = data.points.map((kind) => ({
    ...kind, at: numbers(kind.at, Int16Array), ways: numbers(kind.ways, Int16Array),
  }));
  const canvas = find("canvas.view"), told = find("[aria-live]"), boxes = all("[data-show]");
  const trial = find("[data-trial]"), until = find("[data-until]"), clock = find("output");
  let eye = { ...START }, playing = 0;

  const redraw = drawn(canvas, (pen, width, height) => {
    const size = 0.43 * Math.min(width, height) * eye.zoom;
    const turn = (eye.turn * Math.PI) / 180, tilt = (eye.tilt * Math.PI) / 180;
    const [ct, st, cp, sp] = [Math.cos(turn), Math.sin(turn), Math.cos(tilt), Math.sin(tilt)];
    // Right, up and away from the reader, of a point of the box.
    const look = (x, y, z) => {
      const right = ct * x - st * y, back = st * x + ct * y;
      return [width / 2 + size * right, height / 2 - size * (cp * z + sp * back), cp * back - sp * z];
    };
    const far = (depth) => Math.max(0, Math.min(DEPTHS - 1, Math.floor(((1.5 - depth) / 3) * DEPTHS)));
    axes(pen, look);
    trajectories(pen, look, far);
    fixed(pen, look);
  });

  function axes(pen, look) {
    pen.setLineDash([]);
    pen.textBaseline = "middle";
    pen.textAlign = "center";
    data.axes.forEach((name, which) => {
      const end = [0, 1, 2].map((axis) => (axis === which ? 1 : 0)), start = end.map((value) => -value);
      const [a, b] = [look(...start), look(...end)];
      pen.strokeStyle = FAINT;
      pen.lineWidth = 1;
      pen.beginPath();
      pen.moveTo(a[0], a[1]);
      pen.lineTo(b[0], b[1]);
      pen.stroke();
      const [x, y] = look(...end.map((value) => 1.08 * value));
      pen.fillStyle = INK;
      pen.fillText(name, x, y);
    });
  }

  function trajectories(pen, look, far) {
    const chosen = trial.value === "" ? [...Array(data.n_trials).keys()] : [Number(trial.value)];
    const n = Number(until.value), heads = [];
    const paths = lines.map(() => Array.from({ length: DEPTHS }, () => new Path2D()));
    lines.forEach((line, which) => {
      if (!boxes[which].checked) return;
      for (const one of chosen) {
        const begin = one * data.n_bins;
        let before = null, bin = -1;
        for (let at = begin; at < begin + n; at++) {
          const [x, y, z] = line.at.subarray(3 * at, 3 * at + 3);
          if (x === NONE) {
            before = null;
            continue;
          }
          const here = look(x / UNIT, y / UNIT, z / UNIT), deep = far(here[2]);
          if (before) {
            if (deep !== bin) paths[which][deep].moveTo(before[0], before[1]);
            paths[which][deep].lineTo(here[0], here[1]);
          }
          bin = before ? deep : -1;
          before = here;
        }
        if (before && (n < data.n_bins || chosen.length === 1)) heads.push([line, before]);
      }
    });
    pen.lineJoin = "round";
    for (let deep = 0; deep < DEPTHS; deep++) {
      lines.forEach((line, which) => {
        pen.strokeStyle = line.colour;
        pen.setLineDash(DASHES[line.dash]);
        pen.globalAlpha = 0.35 + (0.55 * deep) / (DEPTHS - 1);
        pen.lineWidth = 0.7 + (0.7 * deep) / (DEPTHS - 1);
        pen.stroke(paths[which][deep]);
      });
    }
    pen.globalAlpha = 1;
    for (const [line, [x, y]] of heads) mark(pen, "o", line.colour, x, y, 3.5);
  }

  function fixed(pen, look) {
    const seen = [];
    points.forEach((kind, which) => {
      if (!boxes[lines.length + which].checked) return;
      const place = (list, at) => [...list.subarray(at, at + 3)].map((value) => value / UNIT);
      for (let at = 0; at < kind.at.length; at += 3) seen.push([look(...place(kind.at, at)), kind]);
      pen.strokeStyle = kind.colour;
      pen.lineWidth = 2;
      pen.setLineDash([]);
      pen.beginPath();
      for (let at = 0; at < kind.ways.length; at += 6) {
        const here = place(kind.ways, at), way = place(kind.ways, at + 3);
        const [a, b] = [1, -1].map((sign) => look(...here.map((value, axis) => value + sign * way[axis])));
        pen.moveTo(a[0], a[1]);
        pen.lineTo(b[0], b[1]);
      }
      pen.stroke();
    });
    seen.sort(([a], [b]) => b[2] - a[2]);
    for (const [[x, y, depth], kind] of seen) mark(pen, kind.marker, kind.colour, x, y, 4.6 - depth);
  }

  function look(change, say = true) {
    eye.turn = (((eye.turn + (change.turn || 0)) % 360) + 360) % 360;
    eye.tilt = Math.max(-90, Math.min(90, eye.tilt + (change.tilt || 0)));
    eye.zoom = Math.max(0.4, Math.min(8, eye.zoom * (change.zoom || 1)));
    if (say) told.textContent = `Turned ${Math.round(eye.turn)}°, tilted ${Math.round(eye.tilt)}°.`;
    redraw();
  }
  const orders = {
    left: () => look({ turn: -10 }), right: () => look({ turn: 10 }),
    up: () => look({ tilt: 10 }), down: () => look({ tilt: -10 }),
    nearer: () => look({ zoom: 1.2 }), farther: () => look({ zoom: 1 / 1.2 }),
    reset: () => { eye = { ...START }; look({}); },
    play: () => play(!playing),
  };
  const KEYS = {
    ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down",
    "+": "nearer", "=": "nearer", "-": "farther", Home: "reset",
  };
  for (const button of all("[data-do]")) button.addEventListener("click", () => orders[button.dataset.do]());
  canvas.addEventListener("keydown", (event) => {
    if (!KEYS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    orders[KEYS[event.key]]();
  });

  let held = null, begun = eye;
  canvas.addEventListener("pointerdown", (event) => {
    begun = { ...eye };
    held = [event.clientX, event.clientY];
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!held) return;
    look({ turn: (event.clientX - held[0]) / 2, tilt: (event.clientY - held[1]) / 2 }, false);
    held = [event.clientX, event.clientY];
  });
  canvas.addEventListener("pointerup", () => (held = null));
  // The finger scrolls the page instead: what it turned until then was not meant.
  canvas.addEventListener("pointercancel", () => {
    held = null;
    eye = begun;
    redraw();
  });
  // With Ctrl, as a pinch on a trackpad sends it: without, the page scrolls as everywhere.
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    look({ zoom: Math.exp(-event.deltaY / 200) }, false);
  }, { passive: false });

  function show() {
    clock.textContent = `${((until.value - 1) * data.bin_s).toFixed(2)} s`;
    redraw();
  }
  function play(on) {
    cancelAnimationFrame(playing);
    playing = 0;
    find("[data-do=play]").textContent = on ? "Pause" : "Play";
    if (!on) return;
    const first = Number(until.value) < data.n_bins ? Number(until.value) : 1;
    let began = null;
    const frame = (now) => {
      began = began ?? now;
      // A whole trial in eight seconds.
      until.value = Math.min(data.n_bins, first + Math.floor(((now - began) / 8000) * data.n_bins));
      show();
      if (Number(until.value) < data.n_bins) playing = requestAnimationFrame(frame);
      else play(false);
    };
    playing = requestAnimationFrame(frame);
  }
  until.addEventListener("input", () => { play(false); show(); });
  trial.addEventListener("change", redraw);
  boxes.forEach((box, which) => {
    box.addEventListener("change", redraw);
    swatch(box.parentElement.querySelector("canvas"), [...lines, ...points][which]);
  });
  viewer.hidden = false;
  show();
}
