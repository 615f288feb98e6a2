// Reads what a viewer sees and hears, from outside the page's own scripts. Injected before them; keeps its findings
// in window.__viewer. Cheap: the strip is read at most READ_HZ times a second from a crop of a few hundred pixels.
(() => {
  if (window.__viewer) return;
  const READ_MS = 95;
  const LEVEL_MS = 160;
  const QUALITY_MS = 250;
  const COLUMNS = 52;
  const ROWS = 2;
  const CELL_PX = 4;
  const LEAST_CONTRAST = 60;
  const MAX_KEPT = 20000;

  const found = { readings: [], unread: 0, stalls: [], levels: [], errors: [], firstFrameMs: 0, openedMs: Date.now() };
  const decoded = { total: 0, dropped: 0, lastTotal: 0, lastDropped: 0 };
  const canvas = new OffscreenCanvas(COLUMNS * CELL_PX, ROWS * CELL_PX);
  const paper = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  let video = null;
  let lastReadMs = 0;
  let stallSinceMs = 0;
  let analyser = null;

  addEventListener("error", (event) => keep(found.errors, String(event.message)));
  addEventListener("unhandledrejection", (event) => keep(found.errors, String(event.reason)));
  document.addEventListener("securitypolicyviolation", (event) =>
    keep(found.errors, `csp ${event.violatedDirective} ${event.blockedURI}`),
  );

  function keep(list, item) {
    list.push(item);
    if (list.length > MAX_KEPT) list.shift();
  }

  function crc16(bytes) {
    let value = 0xffff;
    for (const byte of bytes) {
      value ^= byte << 8;
      for (let bit = 0; bit < 8; bit += 1) value = (value & 0x8000 ? (value << 1) ^ 0x1021 : value << 1) & 0xffff;
    }
    return value;
  }

  function cellMeans() {
    const { data } = paper.getImageData(0, 0, canvas.width, canvas.height);
    const means = [];
    for (let row = 0; row < ROWS; row += 1) {
      for (let column = 0; column < COLUMNS; column += 1) {
        let sum = 0;
        for (let y = 1; y < CELL_PX - 1; y += 1) {
          for (let x = 1; x < CELL_PX - 1; x += 1) {
            sum += data[((row * CELL_PX + y) * canvas.width + column * CELL_PX + x) * 4 + 1];
          }
        }
        means.push(sum / (CELL_PX - 2) ** 2);
      }
    }
    return means;
  }

  function readStrip() {
    const width = (video.videoWidth * COLUMNS) / 80;
    const height = (video.videoHeight * ROWS) / 45;
    paper.drawImage(video, 0, 0, width, height, 0, 0, canvas.width, canvas.height);
    const means = cellMeans();
    const at = (row, column) => means[row * COLUMNS + column];
    const white = (at(0, 0) + at(1, 0) + at(0, 51) + at(1, 51)) / 4;
    const black = (at(0, 1) + at(1, 1) + at(0, 50) + at(1, 50)) / 4;
    if (white - black < LEAST_CONTRAST) return null;
    const bits = means.map((mean) => (mean > (white + black) / 2 ? 1 : 0));
    const bytes = new Uint8Array(12);
    for (let row = 0; row < ROWS; row += 1) {
      const line = bits.slice(row * COLUMNS, (row + 1) * COLUMNS);
      if (line[0] !== 1 || line[1] !== 0 || line[50] !== 0 || line[51] !== 1) return null;
      line.slice(2, 50).forEach((bit, index) => {
        const place = row * 48 + index;
        bytes[place >> 3] |= bit << (7 - (place & 7));
      });
    }
    if (crc16(bytes.subarray(0, 10)) !== ((bytes[10] << 8) | bytes[11])) return null;
    const view = new DataView(bytes.buffer);
    return { number: view.getUint32(0), utc_ms: view.getUint16(4) * 2 ** 32 + view.getUint32(6) };
  }

  function onFrame(nowMs, metadata) {
    video.requestVideoFrameCallback(onFrame);
    found.firstFrameMs ||= Date.now();
    if (nowMs - lastReadMs < READ_MS) return;
    lastReadMs = nowMs;
    const offsetMs = Date.now() - performance.now();
    const strip = readStrip();
    if (!strip) {
      found.unread += 1;
      return;
    }
    keep(found.readings, {
      ...strip,
      at_ms: offsetMs + metadata.presentationTime,
      shown_ms: offsetMs + metadata.expectedDisplayTime,
      presented: metadata.presentedFrames,
    });
  }

  function countDecoded() {
    const quality = video.getVideoPlaybackQuality();
    // A new media source begins at 0 again.
    if (quality.totalVideoFrames < decoded.lastTotal) Object.assign(decoded, { lastTotal: 0, lastDropped: 0 });
    decoded.total += quality.totalVideoFrames - decoded.lastTotal;
    decoded.dropped += Math.max(0, quality.droppedVideoFrames - decoded.lastDropped);
    Object.assign(decoded, { lastTotal: quality.totalVideoFrames, lastDropped: quality.droppedVideoFrames });
  }

  function listen() {
    const audio = new AudioContext();
    analyser = new AnalyserNode(audio, { fftSize: 8192, smoothingTimeConstant: 0 });
    audio.createMediaElementSource(video).connect(analyser).connect(audio.destination);
    audio.resume();
    const wave = new Float32Array(analyser.fftSize);
    setInterval(() => {
      analyser.getFloatTimeDomainData(wave);
      let power = 0;
      for (const sample of wave) power += sample * sample;
      keep(found.levels, { at_ms: Date.now(), power: power / wave.length });
    }, LEVEL_MS);
  }

  function watchStalls() {
    video.addEventListener("waiting", () => {
      // A jump within what is there waits for its picture, not for media.
      if (found.firstFrameMs && !video.seeking) stallSinceMs ||= Date.now();
    });
    for (const name of ["playing", "timeupdate"]) {
      video.addEventListener(name, () => {
        if (!stallSinceMs || (name === "timeupdate" && video.readyState < 3)) return;
        keep(found.stalls, { at_ms: stallSinceMs, lasted_ms: Date.now() - stallSinceMs });
        stallSinceMs = 0;
      });
    }
  }

  found.decoded = () => {
    countDecoded();
    return { total: decoded.total, dropped: decoded.dropped };
  };
  found.allStalls = () =>
    stallSinceMs ? [...found.stalls, { at_ms: stallSinceMs, lasted_ms: Date.now() - stallSinceMs }] : found.stalls;
  found.listen = () => {
    if (!analyser) listen();
  };
  window.__viewer = found;

  addEventListener("DOMContentLoaded", () => {
    video = document.querySelector("video");
    if (!video) return;
    video.requestVideoFrameCallback(onFrame);
    watchStalls();
    setInterval(countDecoded, QUALITY_MS);
  });
})();
