// What a family opens first, in one file.
export { default as ChildrenPage } from './ChildrenPage.vue';
export { default as FamilyShell } from './FamilyShell.vue';
export { default as JoinPage } from './JoinPage.vue';
