// Stands in for mpegts.js: a painted picture instead of a stream, and lines that a test can break.
// window.lines holds all that were made: { isAlive, fail(), freeze() }.
window.lines = [];
window.mpegts = {
  LoggingControl: {},
  Events: { ERROR: "error", LOADING_COMPLETE: "complete" },
  isSupported: () => !window.isFlvUnusable,
  createPlayer() {
    const heard = {};
    const paper = document.createElement("canvas").getContext("2d");
    const painting = setInterval(() => paper.fillRect(Math.random() * 99, 9, 9, 9), 40);
    let video = null;
    const line = {
      isAlive: true,
      fail: () => heard.error(),
      freeze: () => Object.defineProperty(video, "currentTime", { get: () => 1, configurable: true }),
      on: (name, act) => {
        heard[name] = act;
      },
      attachMediaElement: (element) => {
        video = element;
        delete video.currentTime;
        video.srcObject = paper.canvas.captureStream(25);
      },
      load() {},
      destroy() {
        clearInterval(painting);
        video.pause();
        video.srcObject = null;
        line.isAlive = false;
      },
    };
    window.lines.push(line);
    return line;
  },
};
