// Owns the choice between light, dark and what the system says, kept in this browser.

const THEMES = ['auto', 'light', 'dark'];
const KEY = 'hashflow-theme';

/** @param {() => void} onChange */
export function startTheme(button, onChange) {
  let theme = THEMES.includes(localStorage.getItem(KEY)) ? localStorage.getItem(KEY) : 'auto';
  const apply = () => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  };
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    localStorage.setItem(KEY, theme);
    apply();
    onChange();
  });
  apply();
}
