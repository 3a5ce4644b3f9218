// What a component shows, where the test looks for it.
new MutationObserver(() => {
  const shown = document.querySelector('output')?.textContent;
  if (shown) document.body.dataset.emotion = shown;
}).observe(document.querySelector('main'), { subtree: true, childList: true, characterData: true });
