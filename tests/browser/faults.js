// What is wrong with the notebook in front, in words.
() => {
    const panel = document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden)');
    const found = [];
    const say = (what, element) => found.push(
        `${what}: ${element.tagName} ${(element.innerText || element.alt || '').slice(0, 80)}`);
    const shown = element => element.checkVisibility() && element.getClientRects().length;

    // A part that is wider than its place, and cannot be scrolled to its end, is cut off.
    const places = '.jp-RenderedHTMLCommon, .jp-RenderedText, .jp-OutputArea-output, td, th';
    for (const place of panel.querySelectorAll(places)) {
        if (!shown(place)) continue;
        const scrolls = ['auto', 'scroll'].includes(getComputedStyle(place).overflowX);
        if (place.scrollWidth > place.clientWidth + 1 && !scrolls) say('cut off', place);
    }
    // JupyterLab gives a figure no alternative text: its caption has to follow.
    for (const picture of panel.querySelectorAll('img')) {
        const next = picture.closest('.jp-OutputArea-child')?.nextElementSibling;
        if (!picture.alt && !(next && shown(next))) say('no text', picture);
    }

    // Neighbours may touch, and not more.
    const cells = [...panel.querySelectorAll('.jp-Cell')].filter(shown);
    for (const [i, cell] of cells.slice(1).entries())
        if (cell.getBoundingClientRect().top < cells[i].getBoundingClientRect().bottom - 1)
            say('overlaps', cell);
    for (const list of panel.querySelectorAll('.jp-OutputArea, td, li, .jp-RenderedHTMLCommon')) {
        const parts = [...list.children].filter(
            part => shown(part) && getComputedStyle(part).position === 'static'
                && getComputedStyle(part).display !== 'inline');
        for (const [i, part] of parts.slice(1).entries()) {
            const one = parts[i].getBoundingClientRect(), two = part.getBoundingClientRect();
            if (two.top < one.bottom - 2 && one.top < two.bottom - 2
                && two.left < one.right - 2 && one.left < two.right - 2) say('overlaps', part);
        }
    }

    // Text stands out from what is behind it (WCAG 2: a contrast of 3 for large text, else 4.5).
    const numbers = colour => (colour.match(/[\d.]+/g) || []).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
        .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = element => {
        for (let at = element; at; at = at.parentElement) {
            const colour = numbers(getComputedStyle(at).backgroundColor);
            if (colour.length === 3 || colour[3] > 0.5) return colour;
        }
        return [255, 255, 255];
    };
    const texts = '.jp-RenderedHTMLCommon, .jp-OutputArea-output';
    for (const element of panel.querySelectorAll(`:is(${texts}), :is(${texts}) *`)) {
        const own = [...element.childNodes].some(part => part.nodeType === 3 && part.data.trim());
        if (!own || !shown(element)) continue;
        const style = getComputedStyle(element);
        const [one, two] = [light(numbers(style.color)), light(behind(element))];
        const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
        const least = parseFloat(style.fontSize) >= 24 ? 3 : 4.5;
        if (contrast < least) say(`contrast ${contrast.toFixed(1)}`, element);
    }
    return found;
}
