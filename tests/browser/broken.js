// What has not enough room in the notebook in front, in words.
() => {
    const panel = document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden)');
    const found = [];
    // A line of a drawing or of a printed table that goes on below its beginning is hard to read.
    for (const text of panel.querySelectorAll(':is(.jp-RenderedText, .jp-RenderedMarkdown) pre')) {
        const parts = [text, ...text.querySelectorAll('code')];
        for (const part of parts) part.style.whiteSpace = 'pre';
        if (text.scrollWidth > text.clientWidth + 1) found.push(`breaks: ${text.innerText}`);
        for (const part of parts) part.style.whiteSpace = '';
    }
    // The letters of a figure are as small as they may be.
    for (const picture of panel.querySelectorAll('.jp-RenderedImage img'))
        if (picture.naturalWidth > 1.02 * picture.clientWidth)
            found.push(`shrunk: a figure of ${picture.naturalWidth} pixels`);
    return found;
}
