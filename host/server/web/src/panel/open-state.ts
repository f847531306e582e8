// Remembers whether the chat is open, for the shop's next page.

/** Keeps whether the chat is open under `name`. */
export function rememberOpen(name: string, open: boolean): void {
  try {
    if (open) sessionStorage.setItem(name, "");
    else sessionStorage.removeItem(name);
  } catch {
    // Storage is forbidden, so the chat is closed on the shop's next page.
  }
}
