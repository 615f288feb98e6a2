// Loads a classic script of our own once.
const loading = new Map();

export function loadScript(source) {
  if (!loading.has(source)) {
    loading.set(
      source,
      new Promise((resolve, reject) => {
        const node = document.createElement("script");
        node.src = source;
        node.onload = resolve;
        node.onerror = () => {
          loading.delete(source);
          node.remove();
          reject(new Error(source));
        };
        document.head.append(node);
      }),
    );
  }
  return loading.get(source);
}
