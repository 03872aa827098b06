// What is on the screen: one section at a time, and its texts in the chosen language.

const $ = (id) => document.getElementById(id);

export class View {
  #texts;
  #language;

  constructor(texts) {
    this.#texts = texts;
    for (const [code, name] of Object.entries(texts.languages)) {
      const option = new Option(name, code);
      option.lang = code;
      $("language").append(option);
    }
    $("language").onchange = () => this.speak($("language").value);
    this.speak(preferred(Object.keys(texts.languages), navigator.languages));
  }

  /** Change the language of everything that is shown. */
  speak(language) {
    this.#language = language;
    document.documentElement.lang = language;
    $("language").value = language;
    document.querySelectorAll("[data-text], [data-label]").forEach((element) => this.#fill(element));
  }

  /** Show one section, and move the focus to its heading, which a screen reader then reads. */
  show(id) {
    for (const section of document.querySelectorAll("main > section")) {
      section.hidden = section.id !== id;
    }
    const heading = $(id).querySelector("h1");
    document.title = heading.textContent;
    heading.focus();
  }

  /** Whether there is a text of this name. */
  has(key) {
    return key in this.#texts.page;
  }

  /** Whether a section is the one that is shown. */
  shows(id) {
    return !$(id).hidden;
  }

  /** Put a text into an element; `{name}` in it becomes `values.name`. No key empties it. */
  say(id, key, values = {}) {
    const element = $(id);
    Object.assign(element.dataset, { text: key ?? "", values: JSON.stringify(values) });
    this.#fill(element);
  }

  /** Put the text of a reason into an element; what has none here is shown as `advice` has it. */
  sayReason(id, reason, advice) {
    if (reason in this.#texts.reasons || !advice) return this.say(id, reason);
    this.say(id, null);
    Object.assign($(id), { textContent: advice, lang: "en" });
  }

  /** Fill a list with one item for each key. */
  list(id, keys) {
    const items = keys.map((key) => {
      const item = document.createElement("li");
      item.dataset.text = key;
      this.#fill(item);
      return item;
    });
    $(id).replaceChildren(...items);
  }

  #fill(element) {
    const { text, label, values } = element.dataset;
    if (label) {
      element.setAttribute(element.tagName === "IMG" ? "alt" : "aria-label", this.#text(label));
    }
    if (text === undefined) return;
    element.removeAttribute("lang");
    element.textContent = text && this.#text(text, JSON.parse(values ?? "{}"));
  }

  #text(key, values = {}) {
    const text = this.#texts.page[key] ?? this.#texts.reasons[key];
    return text[this.#language].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }
}

/** The first of the person's languages that there is, else the first that there is. */
export function preferred(available, wanted) {
  const bases = wanted.map((tag) => tag.toLowerCase().split("-")[0]);
  return bases.find((base) => available.includes(base)) ?? available[0];
}
