// Owns the choice between light, dark and what the system says, kept in this browser.

const THEMES = ['auto', 'light', 'dark'];
const KEY = 'hashflow-theme';

/** @param {HTMLElement} button @param {() => void} onChange */
export function startTheme(button, onChange) {
  let theme = THEMES.find((one) => one === localStorage.getItem(KEY)) ?? 'auto';
  const apply = () => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  };
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
    localStorage.setItem(KEY, theme);
    apply();
    onChange();
  });
  apply();
}
