// A live session in the browser: text out, speech in, played while it comes. An ES module without dependencies.
//
//   import { LiveSpeech } from "/v1/audio/speech/live.js";
//   const live = new LiveSpeech({ onEvent: (event) => console.log(event) });
//   await live.open({ emotion: "auto", policy: "soothe" });
//   live.say("你好，"); live.say("今天过得怎么样？"); live.state({ heart_rate: 88 });
//   live.cancel();          // barge-in: silence at once, here and at the server
//   await live.end();       // speaks the rest; resolves when it has been heard
//
// Open it in the handler of a click: browsers let nothing sound before. Messages and events: docs/live.md.

export class LiveSpeech {
  constructor({ url, onEvent } = {}) {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.url = url ?? `${scheme}//${location.host}/v1/audio/speech/stream`;
    this.onEvent = onEvent ?? (() => {});
    this.playing = new Set();
    this.heardUntil = 0; // seconds of the audio context up to which something is scheduled
  }

  // Opens the session; resolves with its `started` event.
  open(settings = {}) {
    this.audio = new AudioContext({ sampleRate: 24000 });
    this.socket = new WebSocket(this.url);
    this.socket.binaryType = "arraybuffer";
    this.closed = new Promise((resolve) => this.socket.addEventListener("close", resolve));
    return new Promise((resolve, reject) => {
      this.socket.addEventListener("error", () => reject(new Error(`cannot connect to ${this.url}`)));
      this.socket.addEventListener("open", () => this.send("config", { ...settings, response_format: "pcm" }));
      this.socket.addEventListener("message", ({ data }) => {
        if (data instanceof ArrayBuffer) return this.play(data);
        const event = JSON.parse(data);
        if (event.type === "started") resolve(event);
        if (event.type === "cancelled") this.silence();
        this.onEvent(event);
      });
    });
  }

  say(text, { flush = false } = {}) { this.send("text", { text, flush }); }
  state(reading) { this.send("state", reading); }
  configure(settings) { this.send("config", settings); }
  flush() { this.send("flush"); }
  clear() { this.send("clear"); }

  // Barge-in: nothing more of what was said is heard.
  cancel() {
    this.silence();
    this.send("cancel");
  }

  // Speaks the rest; resolves once it has been heard.
  async end() {
    this.send("end");
    await this.closed;
    const leftS = Math.max(0, this.heardUntil - this.audio.currentTime);
    await new Promise((resolve) => setTimeout(resolve, 1000 * leftS));
    await this.audio.close();
  }

  send(type, fields = {}) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type, ...fields }));
  }

  // Schedules 16-bit samples right after what is scheduled already.
  play(data) {
    const samples = Float32Array.from(new Int16Array(data), (sample) => sample / 32768);
    if (!samples.length) return;
    const buffer = this.audio.createBuffer(1, samples.length, 24000);
    buffer.copyToChannel(samples, 0);
    const source = this.audio.createBufferSource();
    source.buffer = buffer;
    source.connect(this.audio.destination);
    this.heardUntil = Math.max(this.heardUntil, this.audio.currentTime + 0.05);
    source.start(this.heardUntil);
    this.heardUntil += buffer.duration;
    this.playing.add(source);
    source.onended = () => this.playing.delete(source);
  }

  silence() {
    for (const source of this.playing) source.stop();
    this.playing.clear();
    this.heardUntil = 0;
  }
}
