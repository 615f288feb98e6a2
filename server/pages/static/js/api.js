// Requests to the platform service. The session lies in cookies that scripts cannot read.
import { language } from "./texts.js";

const DEADLINE_MS = 8000;
const UPLOAD_DEADLINE_MS = 90_000;

/** A refusal, or `network` when the service could not be reached. */
export class ApiError extends Error {
  constructor(code, status = 0, retryAfterS = 0, detail = {}) {
    super(code);
    this.code = code;
    this.status = status;
    this.retryAfterS = retryAfterS;
    this.detail = detail;
  }
}

/** The reply's body. `more`: further headers. Throws ApiError. */
export async function call(method, path, body = undefined, more = {}) {
  const headers = { "X-Client": "page", "Accept-Language": language, ...more };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  let data;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    data = response.status === 204 ? null : await response.json();
  } catch {
    throw new ApiError("network", response?.status ?? 0);
  }
  if (!response.ok) throw refused(data, response.status, response.headers.get("Retry-After"));
  return data;
}

/** Post a file as it is; `onProgress(ratio)` from 0 to 1 as it goes out. The reply's body. Throws ApiError. */
export function upload(path, file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1${path}`);
    request.responseType = "json";
    request.timeout = UPLOAD_DEADLINE_MS;
    request.setRequestHeader("X-Client", "page");
    request.setRequestHeader("Accept-Language", language);
    request.setRequestHeader("Content-Type", file.type);
    request.upload.addEventListener("progress", (event) => onProgress(event.total ? event.loaded / event.total : 0));
    const lost = () => reject(new ApiError("network"));
    for (const what of ["error", "timeout", "abort"]) request.addEventListener(what, lost);
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300 && request.response) resolve(request.response);
      else reject(refused(request.response, request.status, request.getResponseHeader("Retry-After")));
    });
    request.send(file);
  });
}

function refused(data, status, retryAfter) {
  return new ApiError(data?.error?.code ?? "other", status, Number(retryAfter) || 0, data?.error?.detail ?? {});
}
