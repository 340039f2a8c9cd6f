/** How many items a page holds that is asked for without a size. */
export const PAGE_DEFAULT = 50;
/** How many items a page can be asked for. */
export const PAGE_LIMIT = 500;
