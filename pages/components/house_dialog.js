// NiceGUI's dialog, as a function instead of a template, which the browser would have to compile.
export default {
  render() {
    const told = { onShow: () => this.mark(true), onHide: () => this.mark(false) };
    return Vue.h(Vue.resolveComponent("q-dialog"), told, { default: () => this.$slots.default?.() });
  },
  methods: {
    mark(isOpen) {
      document.documentElement.classList.toggle("nicegui-dialog-open", isOpen);
    },
  },
  unmounted() {
    this.mark(false);
  },
};
