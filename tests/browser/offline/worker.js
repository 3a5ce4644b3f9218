// SPDX-License-Identifier: MIT

addEventListener('message', async ({ data: { url, options } }) => {
  const { status } = await fetch(url, options);
  postMessage(status);
});
