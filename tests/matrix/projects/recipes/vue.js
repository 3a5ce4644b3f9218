import { createApp } from 'vue';
import Emotion from './Emotion.vue';

createApp(Emotion).mount('main');
