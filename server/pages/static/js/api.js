// Requests to the platform service. The session lies in cookies that scripts cannot read.
import { language } from "./texts.js";

const DEADLINE_MS = 8000;

/** A refusal, or `network` when the service could not be reached. */
export class ApiError extends Error {
  constructor(code, status = 0, retryAfterS = 0) {
    super(code);
    this.code = code;
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
}

/** The reply's body. Throws ApiError. */
export async function call(method, path, body = undefined) {
  const headers = { "X-Client": "page", "Accept-Language": language };
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
  if (!response.ok) {
    const retryAfterS = Number(response.headers.get("Retry-After")) || 0;
    throw new ApiError(data?.error?.code ?? "other", response.status, retryAfterS);
  }
  return data;
}
