// NiceGUI's chart, as a function instead of a template, in the colours of the page: "--accent" becomes what the theme says.
import { echarts } from "nicegui-echart";

const coloured = (value, style) => {
  if (typeof value === "string") return value.startsWith("--") ? style.getPropertyValue(value).trim() : value;
  if (Array.isArray(value)) return value.map((each) => coloured(each, style));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, coloured(each, style)]));
};

export default {
  props: { options: Object, enable3d: Boolean, renderer: String, theme: String },
  render() {
    return Vue.h("div");
  },
  mounted() {
    this.chart = echarts.init(this.$el, null, { renderer: this.renderer });
    this.sizes = new ResizeObserver(() => this.chart.resize());
    this.sizes.observe(this.$el);
    this.themes = new MutationObserver(() => this.update_chart());
    this.themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.light = matchMedia("(prefers-color-scheme: light)");
    this.light.addEventListener("change", this.update_chart);
    this.update_chart();
  },
  beforeUnmount() {
    this.light.removeEventListener("change", this.update_chart);
    this.themes.disconnect();
    this.sizes.disconnect();
    this.chart.dispose();
  },
  methods: {
    update_chart() {
      if (!this.chart || !this.options?.series) return;
      const style = getComputedStyle(document.documentElement);
      const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      this.chart.setOption({ ...coloured(this.options, style), animation: !isCalm }, { notMerge: true });
    },
  },
};
