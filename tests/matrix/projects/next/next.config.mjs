export default { turbopack: { root: import.meta.dirname } }; // and not that of a project around it
