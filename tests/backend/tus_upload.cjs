// Uploads one file with tus-js-client. Argument: a JSON object; prints one JSON line per event.
// Killed by itself after `stopAfter` bytes (as a crash would), it leaves the upload unfinished.
const fs = require("node:fs");
const { createRequire } = require("node:module");

const options = JSON.parse(process.argv[2]);
const tus = createRequire(options.modules + "/")("tus-js-client");
const say = (event) => process.stdout.write(JSON.stringify(event) + "\n");

const upload = new tus.Upload(fs.createReadStream(options.file), {
  endpoint: options.endpoint,
  uploadUrl: options.uploadUrl || null,
  chunkSize: options.chunkSize,
  uploadSize: fs.statSync(options.file).size,
  uploadDataDuringCreation: Boolean(options.withCreation),
  headers: options.headers,
  metadata: options.metadata,
  retryDelays: [0, 200, 500, 1000, 1000, 1000],
  onChunkComplete: (size, accepted) => {
    say({ accepted, url: upload.url });
    if (options.stopAfter && accepted >= options.stopAfter) process.kill(process.pid, "SIGKILL");
  },
  onError: (error) => {
    say({ error: String(error) });
    process.exit(1);
  },
  onSuccess: () => say({ done: true, url: upload.url }),
});
upload.start();
